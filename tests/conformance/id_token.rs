//! ID Tokens (OpenID Connect Core 1.0 §2, §3.1.3.7, §3.2.2.11, §3.3.2.12), with what the suite warns of
//! held against the provider as well.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde_json::Value;

use super::{
    checks,
    keys::header,
    suite::Suite,
    support::{
        browser::Arrival,
        rp::{AuthorizationRequest, Client, claims},
    },
};

/// The claims that an ID Token may have beside those that scopes ask for.
const OWN_CLAIMS: [&str; 16] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
    "s_hash",
    "nbf",
    "jti",
    "sid",
];

/// What an ID Token came with.
pub struct Beside<'a> {
    access_token: Option<&'a str>,
    code: Option<&'a str>,
    /// Whether it must be bound to them.
    front_channel: bool,
}

impl<'a> Beside<'a> {
    /// In an authorization response.
    pub fn of(arrival: &'a Arrival) -> Self {
        let (access_token, code) = (arrival.get("access_token"), arrival.get("code"));
        Self { access_token, code, front_channel: true }
    }

    /// In a token response.
    pub const fn at_token_endpoint(access_token: &'a str) -> Self {
        Self { access_token: Some(access_token), code: None, front_channel: false }
    }
}

/// Checks an ID Token and gives its claims.
pub fn check(
    suite: &Suite,
    client: &Client,
    request: &AuthorizationRequest,
    jwt: &str,
    beside: &Beside<'_>,
) -> Value {
    assert!(header(jwt)["kid"].is_string(), "it names its key");
    assert!(suite.keys.verify(jwt, "RS256"), "the client did not ask for another algorithm");
    let claims = claims(jwt);
    let now = suite.now();
    assert_eq!(claims["iss"], suite.metadata["issuer"]);
    let aud = &claims["aud"];
    let is_for = |one: &Value| *one == client.id.as_str();
    assert!(is_for(aud) || aud.as_array().is_some_and(|all| all.iter().any(is_for)), "{aud}");
    let (exp, iat) = (seconds(&claims, "exp"), seconds(&claims, "iat"));
    assert!((now + 1..now + 50 * 365 * 86_400).contains(&exp), "exp is {exp}");
    assert!((now - 300..=now + 300).contains(&iat), "iat is {iat}");
    let sub = claims["sub"].as_str().expect("a sub");
    assert!(!sub.is_empty() && sub.len() <= 255 && sub.is_ascii(), "{sub}");
    let sent = request.params.iter().find(|(name, _)| name == "nonce").map(|(_, nonce)| nonce);
    assert_eq!(claims.get("nonce").and_then(Value::as_str), sent.map(String::as_str), "nonce");
    if claims.get("acr").is_some() {
        assert!(claims["acr"].as_str().is_some_and(|acr| !acr.is_empty()), "acr");
    }
    let asks_for_time = request.params.iter().any(|(name, _)| name == "max_age");
    if asks_for_time || claims.get("auth_time").is_some() {
        assert!((now - 86_400..=now + 300).contains(&seconds(&claims, "auth_time")), "auth_time");
    }
    for (name, value) in [
        ("at_hash", beside.access_token),
        ("c_hash", beside.code),
        ("s_hash", Some(request.get("state"))),
    ] {
        if let Some(hash) = claims.get(name) {
            let value = value.unwrap_or_else(|| panic!("{name} is of nothing that came along"));
            assert_eq!(*hash, half_hash(value), "{name}");
        } else {
            let required = beside.front_channel && name != "s_hash" && value.is_some();
            assert!(!required, "{name} is missing");
        }
    }
    for name in claims.as_object().expect("claims are an object").keys() {
        let own = OWN_CLAIMS.contains(&name.as_str());
        assert!(own || suite.variant.is_id_token_alone(), "{name} was not asked for");
    }
    checks::standard_claims(&claims);
    claims
}

fn seconds(claims: &Value, name: &str) -> i64 {
    claims[name].as_i64().unwrap_or_else(|| panic!("{name} is {}", claims[name]))
}

/// Of RS256 (§3.1.3.6).
fn half_hash(value: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, value.as_bytes()).as_ref()[..16])
}
