//! A client that proves itself with a private key, or tries to.

use std::{fmt, path::Path, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta::{
    jose::{Alg, SigningKey},
    runtime::{
        clock::{Clock as _, FixedClock},
        entropy::Entropy,
    },
};
use serde_json::{Value, json};

use super::{http::pairs, rp::random};

/// The kind of assertion there is (RFC 7523 §2.2).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// One key of one client.
pub struct Signer {
    /// `client_id`.
    pub id: String,
    key: SigningKey,
    clock: Arc<FixedClock>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, {})", self.id, self.key.kid())
    }
}

impl Signer {
    /// With the well-known key of a demo client.
    ///
    /// # Panics
    /// Where it has none.
    pub fn demo(id: &str, clock: &Arc<FixedClock>) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("config/demo/{id}.jwk.json"));
        let text = std::fs::read_to_string(&file).expect("the client has a key");
        let jwk: Value = serde_json::from_str(&text).expect("JSON");
        Self::of_jwk(id, &jwk, clock)
    }

    /// With a private key on P-256.
    fn of_jwk(id: &str, jwk: &Value, clock: &Arc<FixedClock>) -> Self {
        let octets = |name: &str| {
            URL_SAFE_NO_PAD.decode(jwk[name].as_str().expect("a member")).expect("base64url")
        };
        // PKCS#8 around a SEC 1 key (RFC 5958 §2, RFC 5915 §3): for this curve all lengths are fixed.
        let head =
            b"\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\
                     \x48\xce\x3d\x03\x01\x07\x04\x6d\x30\x6b\x02\x01\x01\x04\x20";
        let middle = b"\xa1\x44\x03\x42\x00\x04";
        let pkcs8 = [&head[..], &octets("d"), &middle[..], &octets("x"), &octets("y")].concat();
        let kid = jwk["kid"].as_str().expect("a name");
        let key = SigningKey::from_pkcs8(kid, Alg::ES256, &pkcs8, &Entropy::default());
        Self { id: id.to_owned(), key: key.expect("a key on P-256"), clock: Arc::clone(clock) }
    }

    /// With a key nobody else has.
    pub fn fresh(id: &str, kid: &str, alg: Alg, clock: &Arc<FixedClock>) -> Self {
        let entropy = Entropy::default();
        let pkcs8 = SigningKey::generate(alg, &entropy).expect("a key");
        let key = SigningKey::from_pkcs8(kid, alg, &pkcs8, &entropy).expect("the same key");
        Self { id: id.to_owned(), key, clock: Arc::clone(clock) }
    }

    /// The public half.
    pub fn public_jwk(&self) -> Value {
        serde_json::from_str(&self.key.public_jwk().to_json()).expect("JSON")
    }

    /// The claims of a good assertion for `audience`.
    pub fn claims(&self, audience: &str) -> Value {
        let now = self.clock.now().as_seconds();
        json!({
            "iss": self.id, "sub": self.id, "aud": audience, "jti": random(), "iat": now, "exp": now + 60,
        })
    }

    /// Signs `claims`.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_headed(&json!({ "alg": self.key.alg().as_str(), "kid": self.key.kid() }), claims)
    }

    /// The same, under any header.
    ///
    /// # Panics
    /// Where the key cannot sign.
    pub fn sign_headed(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(input.as_bytes()).expect("a signature");
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A good assertion.
    pub fn assertion(&self, audience: &str) -> String {
        self.sign(&self.claims(audience))
    }
}

/// The form parameters that bring an assertion.
pub fn by(assertion: &str) -> Vec<(String, String)> {
    pairs([("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)])
}
