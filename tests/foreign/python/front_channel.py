"""The implicit and the hybrid flow, for every response type."""

from authlib.common.security import generate_token
from authlib.oidc.core import HybridIDToken, ImplicitIDToken, get_claim_cls_by_response_type

from conversation import TASK, allow, report
from party import Party, parameters

client, response_type, mode = TASK["client"], TASK["response_type"], TASK["response_mode"]
has_code, has_token = "code" in response_type.split(), "token" in response_type.split()

# Authlib sends challenges for the plain code flow only.
party = Party(client, scope="openid email", code_challenge_method=None)
more = {"response_mode": mode} if mode else {}
begun = party.begin(response_type=response_type, nonce=generate_token(20), **more)
response = allow(begun["url"])
assert ("body" in response) == (mode == "form_post")
answer = parameters(response)
assert "error" not in answer, answer
assert answer["state"] == begun["state"]
assert "refresh_token" not in answer
assert has_code == ("code" in answer) and has_token == ("access_token" in answer)
if has_token and not mode:
    assert party.session().token_from_fragment(response["url"], begun["state"])["token_type"] == "Bearer"

claims = None
if "id_token" in response_type.split():
    kind = get_claim_cls_by_response_type(response_type)
    assert kind is (HybridIDToken if has_code else ImplicitIDToken)
    claims = party.verified(kind, answer["id_token"], begun["nonce"], answer)

token = answer if has_token else None
if has_code:
    token = party.redeem(response, begun)
    again = party.parse_id_token(token, nonce=begun["nonce"])
    assert claims is None or again["sub"] == claims["sub"]
    claims = again

end_user = party.userinfo(token=token) if token else claims
assert end_user["sub"] == claims["sub"] if claims else True

report({"sub": end_user["sub"], "email": end_user["email"]})
