"""A relying party by Authlib, without a web framework around it."""

from urllib.parse import parse_qs, urlsplit

from authlib.integrations.base_client import BaseApp, OAuthError
from authlib.integrations.base_client.sync_app import OAuth2Mixin
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import KeySet, import_key

from conversation import TASK


class _NoFramework:
    """Keeps no sessions and no tokens."""

    def update_token(self, token, refresh_token=None, access_token=None):
        pass


class Party(OAuth2Mixin, OpenIDMixin, BaseApp):
    """Discovers, requests, redeems, verifies."""

    client_cls = OAuth2Session

    def __init__(self, client, path="/.well-known/openid-configuration", **client_kwargs):
        method, key = client["auth_method"], client["key"]
        super().__init__(
            _NoFramework(),
            client_id=client["id"],
            client_secret=import_key(key) if key else client["secret"],
            client_auth_methods=[PrivateKeyJWT(alg=key["alg"], headers={"kid": key["kid"]})] if key else None,
            server_metadata_url=TASK["issuer"] + path,
            client_kwargs={
                "token_endpoint_auth_method": method,
                "revocation_endpoint_auth_method": method,
                "code_challenge_method": "S256",
                **client_kwargs,
            },
        )
        self.redirect_uri = client["redirect_uri"]

    def begin(self, **parameters):
        """A fresh request: its URL, and what must be remembered until its answer."""
        return self.create_authorization_url(self.redirect_uri, **parameters)

    def redeem(self, response, begun):
        """The tokens for an authorization response."""
        answer = parameters(response)
        if "error" in answer:
            raise OAuthError(answer["error"], answer.get("error_description"))
        assert answer["state"] == begun["state"], "the state is another"
        assert answer["iss"] == self.load_server_metadata()["issuer"], "the issuer is another"
        kwargs = self._format_state_params({**begun, "redirect_uri": self.redirect_uri}, {})
        return self.fetch_access_token(code=answer["code"], **kwargs)

    def verified(self, kind, id_token, nonce, beside):
        """The claims of an ID Token that came from the authorization endpoint with what is `beside` it."""
        metadata = self.load_server_metadata()
        algs = metadata["id_token_signing_alg_values_supported"]
        keys = KeySet.import_key_set(self.fetch_jwk_set())
        token = jwt.decode(id_token, key=keys, algorithms=algs)
        known = {name: beside[name] for name in ("access_token", "code") if name in beside}
        expected = {"nonce": nonce, "client_id": self.client_id, **known}
        claims = kind(token.claims, token.header, {"iss": {"values": [metadata["issuer"]]}}, expected)
        claims.validate(leeway=120)
        return claims

    def session(self):
        """The client that speaks with the provider's endpoints."""
        return self._get_oauth_client(**self.load_server_metadata())


def parameters(response):
    """The parameters of an authorization response, however they came."""
    url = urlsplit(response["url"])
    text = response.get("body") or url.fragment or url.query
    return {name: values[0] for name, values in parse_qs(text, strict_parsing=True).items()}


def error_of(attempt):
    """The OAuth error that an attempt ends with."""
    try:
        attempt()
    except OAuthError as error:
        return error.error
    return "none"
