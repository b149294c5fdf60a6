"""What Moneta signed, looked at by jwcrypto. Half hashes by Authlib."""

import json

from authlib.oidc.core.util import create_half_hash
from jwcrypto.common import base64url_encode
from jwcrypto.jwk import JWKSet
from jwcrypto.jws import JWS, InvalidJWSSignature

from conversation import TASK, report

KEYS = JWKSet.from_json(json.dumps(TASK["jwks"]))


def verify(token, jwt):
    """The claims of `jwt`, which must be what `token` says."""
    jws = JWS()
    jws.allowed_algs = [token["alg"]]
    jws.deserialize(jwt)
    jws.verify(KEYS.get_key(jws.jose_header["kid"]))
    assert jws.jose_header["typ"] == token["typ"]
    claims = json.loads(jws.payload)
    assert claims["iss"] == TASK["issuer"]
    assert token["audience"] in ([claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"])
    return claims


def is_tamper_proof(token):
    """Whether another payload under the same signature is noticed."""
    header, _, signature = token["jwt"].split(".")
    payload = base64url_encode(json.dumps({**verify(token, token["jwt"]), "sub": "mallory"}))
    try:
        verify(token, f"{header}.{payload}.{signature}")
    except InvalidJWSSignature:
        return True
    return False


assert all(is_tamper_proof(token) for token in TASK["tokens"])

report({
    "claims": [verify(token, token["jwt"]) for token in TASK["tokens"]],
    "thumbprints": {key["kid"]: key.thumbprint() for key in KEYS["keys"]},
    "hashes": [create_half_hash(item["value"], item["alg"]).decode() for item in TASK["values"]],
})
