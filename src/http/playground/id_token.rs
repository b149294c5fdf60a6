//! What a client checks before it believes an ID Token (OpenID Connect Core 1.0 §3.1.3.7).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::Timestamp;
use serde_json::Value;

use super::{CLIENT_ID, json, seen::Seen};
use crate::jose::{Alg, Jwk, KeySet, Purpose, VerifiedClaims, half_hash, verify};

/// What the client compares an ID Token with.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    /// What `/jwks` answered.
    pub(super) jwks: &'a str,
    /// What the authorization request sent; a refreshed ID Token has none.
    pub(super) nonce: Option<&'a str>,
    /// What came along.
    pub(super) access_token: &'a str,
    pub(super) now: Timestamp,
}

/// Checks an ID Token. What is shown says for each check how it went; the error, which one failed.
pub(super) fn check(token: &str, expected: &Expected<'_>) -> (Seen, Result<(), String>) {
    let header = part(token, 0);
    let header: Value = serde_json::from_str(&header).unwrap_or_default();
    let named = |name: &str| header[name].as_str().unwrap_or_default().to_owned();
    let mut seen = Seen::new(
        "ID Token",
        "verified with a key from /jwks",
        "Who signed in, said to this client alone. The client checks all of this before it believes a word.",
    );
    seen.body = json::pretty(&part(token, 1));
    let verified = claims(token, expected);
    let verdict = verified.as_ref().map_err(Clone::clone);
    let verdict = verdict.and_then(|claims| compare(claims, &named("alg"), expected));
    if let (Ok(claims), Ok(())) = (&verified, &verdict) {
        seen = seen
            .row("signature", format!("good: {}, key {}", named("alg"), named("kid")))
            .row("iss, aud", "this provider, this client")
            .row("exp", "not over yet");
        if expected.nonce.is_some() {
            seen = seen.row("nonce", "the one that was sent");
        }
        if claims.text("at_hash").is_some() {
            seen = seen.row("at_hash", "fits the access token");
        }
    }
    (seen, verdict)
}

fn claims(token: &str, expected: &Expected<'_>) -> Result<VerifiedClaims, String> {
    let document: Value = serde_json::from_str(expected.jwks).unwrap_or_default();
    let keys = document["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let keys: Vec<Jwk> = keys.iter().filter_map(|key| Jwk::parse(&key.to_string()).ok()).collect();
    let keys = KeySet::new(Vec::new(), &keys).map_err(|cause| cause.to_string())?;
    let purpose = Purpose::id_token(expected.issuer, CLIENT_ID);
    verify(token, &purpose, &keys, expected.now).map_err(|cause| cause.to_string())
}

fn compare(claims: &VerifiedClaims, alg: &str, expected: &Expected<'_>) -> Result<(), String> {
    if expected.nonce.is_some() && claims.text("nonce") != expected.nonce {
        return Err("the nonce is not the one that was sent".to_owned());
    }
    let hash = alg.parse::<Alg>().ok().map(|alg| half_hash(alg, expected.access_token));
    match claims.text("at_hash") {
        Some(sent) if hash.as_deref() != Some(sent) => {
            Err("the at_hash does not fit the access token".to_owned())
        }
        _ => Ok(()),
    }
}

/// A part of a compact JWS as text, unverified.
fn part(token: &str, number: usize) -> String {
    let encoded = token.split('.').nth(number).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(encoded).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        jose::{SigningKey, Typ, jws},
        runtime::entropy::Entropy,
    };

    const ISSUER: &str = "http://127.0.0.1:8080";
    const NOW: i64 = 1_800_000_000;

    fn key(kid: &str) -> SigningKey {
        let pkcs8 = SigningKey::generate(Alg::ES256, &Entropy::default()).unwrap();
        SigningKey::from_pkcs8(kid, Alg::ES256, &pkcs8, &Entropy::default()).unwrap()
    }

    #[test]
    fn every_check_of_a_client_is_made() {
        let (own, other) = (key("own"), key("own"));
        let jwks = format!("{{\"keys\":[{}]}}", own.public_jwk().to_json());
        let at_hash = half_hash(Alg::ES256, "the access token");
        let cases = [
            ("", json!(null), "", &own),
            ("nonce", json!("another"), "the nonce is not the one that was sent", &own),
            ("nonce", json!(null), "the nonce is not the one that was sent", &own),
            ("at_hash", json!("x"), "the at_hash does not fit the access token", &own),
            ("aud", json!("web"), "the token is for another audience", &own),
            ("iss", json!("https://op.test"), "the token is of another issuer", &own),
            ("exp", json!(NOW - 1), "the token has expired", &own),
            ("", json!(null), "the signature is wrong", &other),
        ];
        for (claim, value, problem, signer) in cases {
            let mut claims = json!({
                "iss": ISSUER, "sub": "alice", "aud": CLIENT_ID, "iat": NOW, "exp": NOW + 60,
                "nonce": "the nonce", "at_hash": at_hash,
            });
            if !claim.is_empty() {
                claims[claim] = value;
            }
            if claims[claim].is_null() {
                claims.as_object_mut().unwrap().remove(claim);
            }
            let token = jws::encode(signer, Typ::IdToken, claims.to_string().as_bytes()).unwrap();
            let expected = Expected {
                issuer: ISSUER,
                jwks: &jwks,
                nonce: Some("the nonce"),
                access_token: "the access token",
                now: Timestamp::from_seconds(NOW),
            };
            let (seen, verdict) = check(&token, &expected);
            let good = problem.is_empty();
            assert_eq!(verdict, if good { Ok(()) } else { Err(problem.to_owned()) }, "{claim}");
            assert_eq!(seen.rows.is_empty(), !good, "nothing is called good that is not: {claim}");
        }
    }
}
