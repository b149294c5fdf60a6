//! The provider's public keys, and signatures by another library than the one it verifies with.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::Value;

use super::support::provider::Provider;

/// A JWK Set.
pub struct Keys(Vec<Value>);

impl Keys {
    /// Fetches it; every key must be public, named, and of a kind that clients know.
    pub async fn fetch(provider: &Provider) -> Self {
        let answer = provider.http.get("/jwks", &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.whole());
        let keys = answer.json()["keys"].as_array().expect("a JWK Set").clone();
        for (at, key) in keys.iter().enumerate() {
            for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                assert!(key.get(private).is_none(), "{private} is no part of a public key");
            }
            let kid = key["kid"].as_str().filter(|kid| !kid.is_empty()).expect("a kid");
            assert!(keys[..at].iter().all(|other| other["kid"] != kid), "{kid} is there twice");
            let usage = (key["kty"].as_str().expect("a kty"), key["alg"].as_str().expect("an alg"));
            assert!(
                matches!(
                    usage,
                    ("RSA", "RS256" | "PS256") | ("EC", "ES256") | ("OKP", "EdDSA" | "Ed25519")
                ),
                "{usage:?}"
            );
            assert_eq!(key["use"], "sig");
        }
        Self(keys)
    }

    /// Whether the key that the header of `jwt` names verifies it as `alg`.
    pub fn verify(&self, jwt: &str, alg: &str) -> bool {
        let (signed, signature) = jwt.rsplit_once('.').expect("a JWT has three parts");
        let header = header(jwt);
        assert_eq!(header["alg"], alg);
        let named = |key: &&Value| key["kid"] == header["kid"] && key["alg"] == alg;
        let key = self.0.iter().find(named).expect("the header names a published key");
        let (message, signature) = (signed.as_bytes(), decode(signature));
        let member = |name: &str| decode(key[name].as_str().expect("a member of the key"));
        let rsa = || RsaPublicKeyComponents { n: member("n"), e: member("e") };
        let verified = match alg {
            "RS256" => rsa().verify(&RSA_PKCS1_2048_8192_SHA256, message, &signature),
            "PS256" => rsa().verify(&RSA_PSS_2048_8192_SHA256, message, &signature),
            "ES256" => {
                let point = [&[4][..], &member("x"), &member("y")].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, &signature)
            }
            _ => UnparsedPublicKey::new(&ED25519, member("x")).verify(message, &signature),
        };
        verified.is_ok()
    }
}

/// The header of a JWT.
pub fn header(jwt: &str) -> Value {
    let header = jwt.split('.').next().expect("a split has a first part");
    serde_json::from_slice(&decode(header)).expect("the header is JSON")
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64url")
}
