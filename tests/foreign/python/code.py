"""The code flow, from discovery to revocation."""

from joserfc import jws

from conversation import TASK, allow, report
from party import Party, error_of

SCOPE = "openid email offline_access api"

client = TASK["client"]
party = Party(client, scope=SCOPE)
metadata = party.load_server_metadata()
oauth = Party(client, path="/.well-known/oauth-authorization-server").load_server_metadata()
assert oauth["token_endpoint"] == metadata["token_endpoint"]

mode = {"response_mode": TASK["response_mode"]} if TASK["response_mode"] else {}
begun = party.begin(prompt="consent", **mode)
response = allow(begun["url"])
assert ("body" in response) == (TASK["response_mode"] == "form_post")
tokens = party.redeem(response, begun)
assert sorted(tokens["scope"].split()) == sorted(SCOPE.split())
claims = party.parse_id_token(tokens, nonce=begun["nonce"])
header = jws.extract_compact(tokens["id_token"].encode()).headers()
assert header["alg"] == TASK["alg"], header

userinfo = party.userinfo(token=tokens)
assert userinfo["sub"] == claims["sub"]

server = Party(TASK["resource_server"]).session()
seen = server.introspect_token(metadata["introspection_endpoint"], token=tokens["access_token"]).json()
assert seen["active"] is True
assert seen["client_id"] == client["id"]
assert seen["sub"] == claims["sub"]

session = party.session()
refreshed = dict(session.refresh_token(metadata["token_endpoint"], tokens["refresh_token"]))
assert refreshed["access_token"] != tokens["access_token"]
again = party.parse_id_token(refreshed, nonce=None)
assert again["sub"] == claims["sub"]

revoked = session.revoke_token(metadata["revocation_endpoint"], refreshed["refresh_token"])
assert revoked.status_code == 200
assert error_of(lambda: session.refresh_token(metadata["token_endpoint"], refreshed["refresh_token"])) == "invalid_grant"
stale = party.get(metadata["userinfo_endpoint"], token=refreshed)
assert stale.status_code == 401

report({"sub": claims["sub"], "email": userinfo["email"], "refreshed": refreshed["access_token"]})
