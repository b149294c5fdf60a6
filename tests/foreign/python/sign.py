"""Tokens by jwcrypto for Moneta's verifier: a good one and one for each thing that can be wrong, for every
algorithm. All carry the claims of the task, under the key names of the task."""

import json

from jwcrypto.common import base64url_encode
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS

from conversation import TASK, report

CLAIMS, NOW, KIDS = TASK["claims"], TASK["now"], TASK["kids"]
ALGS = list(KIDS)
MATERIAL = {
    "RS256": {"kty": "RSA", "size": 2048},
    "PS256": {"kty": "RSA", "size": 2048},
    "ES256": {"kty": "EC", "crv": "P-256"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
}
#: The known signer's keys, and some that are nobody's.
OWN = {alg: JWK.generate(**MATERIAL[alg]) for alg in ALGS}
FOREIGN = {alg: JWK.generate(**MATERIAL[alg]) for alg in ALGS}


def sign(header, changed=None, key=None):
    """A token with the header and the claims of the task."""
    claims = {name: value for name, value in {**CLAIMS, **(changed or {})}.items() if value is not None}
    jws = JWS(json.dumps(claims))
    jws.allowed_algs = [header["alg"]]
    protected = {"typ": "JWT", **header}
    jws.add_signature(key or OWN[header["alg"]], protected=json.dumps(protected))
    return jws.serialize(compact=True)


def tokens(alg, another):
    kid = KIDS[alg]
    shared = JWK(kty="oct", k=base64url_encode(OWN[alg].export_public()))
    unsecured = f"{base64url_encode(json.dumps({'alg': 'none'}))}.{base64url_encode(json.dumps(CLAIMS))}."
    encrypted = JWE(json.dumps(CLAIMS), json.dumps({"alg": "dir", "enc": "A256GCM"}))
    encrypted.add_recipient(JWK.generate(kty="oct", size=256))
    return {
        "good": sign({"alg": alg, "kid": kid}),
        "of_another_signer": sign({"alg": alg, "kid": kid}, key=FOREIGN[alg]),
        "by_another_alg": sign({"alg": another, "kid": kid}),
        "by_hmac": sign({"alg": "HS256", "kid": kid}, key=shared),
        "unsecured": unsecured,
        "of_an_unknown_key": sign({"alg": alg, "kid": "unknown"}),
        "of_no_key": sign({"alg": alg}),
        "critical": sign({"alg": alg, "kid": kid, "b64": True, "crit": ["b64"]}),
        "of_another_kind": sign({"alg": alg, "kid": kid, "typ": "at+jwt"}),
        "encrypted": encrypted.serialize(compact=True),
        "of_another_issuer": sign({"alg": alg, "kid": kid}, {"iss": "https://evil.test"}),
        "for_another_audience": sign({"alg": alg, "kid": kid}, {"aud": "evil"}),
        "expired": sign({"alg": alg, "kid": kid}, {"exp": NOW - 60}),
        "too_early": sign({"alg": alg, "kid": kid}, {"nbf": NOW + 60}),
        "without_expiry": sign({"alg": alg, "kid": kid}, {"exp": None}),
    }


def public(alg):
    return {**OWN[alg].export_public(as_dict=True), "kid": KIDS[alg], "alg": alg, "use": "sig"}


report({
    "keys": [public(alg) for alg in ALGS],
    "thumbprints": {KIDS[alg]: OWN[alg].thumbprint() for alg in ALGS},
    "tokens": {
        alg: tokens(alg, ALGS[(index + 1) % len(ALGS)]) for index, alg in enumerate(ALGS)
    },
})
