"""What goes wrong, as the library tells it."""

from conversation import TASK, allow, deny, report
from party import Party, error_of

client = TASK["client"]
party = Party(client, scope="openid")


def answered(by, **parameters):
    begun = party.begin(**parameters)
    return by(begun["url"]), begun


def redeem(answer, begun, by=party):
    return error_of(lambda: by.redeem(answer, begun))


silent = answered(allow, prompt="none")
denied = answered(deny)
good = answered(allow)
other, begun = answered(allow)
stranger = Party({**client, "secret": "not-the-secret-of-anybody-at-all-0000000"}, scope="openid")
assert redeem(*good) == "none"
refused = party.get(
    party.load_server_metadata()["userinfo_endpoint"],
    token={"access_token": "no-access-token", "token_type": "Bearer"},
)

report({
    "without a session": redeem(*silent),
    "denied": redeem(*denied),
    "wrong verifier": redeem(other, {**begun, "code_verifier": "another" * 10}),
    "used twice": redeem(*good),
    "wrong secret": redeem(other, begun, stranger),
    "no access token": refused.json()["error"],
})
