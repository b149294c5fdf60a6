//! JWTs of a client: any header, any claims, a real signature.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta::{
    jose::{Alg, ClientKeys, SigningKey},
    runtime::entropy::Entropy,
};
use serde_json::{Value, json};

/// The keys of the client, one for each algorithm, and one that is nobody's.
static KEYS: LazyLock<Vec<SigningKey>> =
    LazyLock::new(|| Alg::ALL.iter().map(|alg| generated(alg.as_str(), *alg)).collect());
static STRANGER: LazyLock<SigningKey> = LazyLock::new(|| generated("ES256", Alg::ES256));

fn generated(kid: &str, alg: Alg) -> SigningKey {
    let entropy = Entropy::default();
    let pkcs8 = SigningKey::generate(alg, &entropy).unwrap();
    SigningKey::from_pkcs8(kid, alg, &pkcs8, &entropy).unwrap()
}

/// The client's key for an algorithm; it is named after it.
pub(crate) fn key(alg: Alg) -> &'static SigningKey {
    KEYS.iter().find(|key| key.alg() == alg).unwrap()
}

/// A key with the name of the client's, which is another's.
pub(crate) fn stranger() -> &'static SigningKey {
    &STRANGER
}

/// The client's keys for these algorithms.
pub(crate) fn keys(algs: &[Alg]) -> ClientKeys {
    let keys: Vec<Value> = algs
        .iter()
        .map(|alg| serde_json::from_str(&key(*alg).public_jwk().to_json()).unwrap())
        .collect();
    ClientKeys::parse(&json!({ "keys": keys }).to_string()).unwrap()
}

/// A JWT, signed whatever it says.
pub(crate) fn sign(key: &SigningKey, header: &Value, payload: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let input = format!("{}.{}", part(&header.to_string()), part(payload));
    let signature = key.sign(input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The header that names the key.
pub(crate) fn header(alg: Alg) -> Value {
    json!({ "alg": alg.as_str(), "kid": alg.as_str() })
}

/// `object` with a member replaced, or taken out where `value` is null.
pub(crate) fn with(mut object: Value, name: &str, value: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    match value {
        Value::Null => members.remove(name),
        value => members.insert(name.to_owned(), value),
    };
    object
}
