//! Claims of a token (RFC 7519 §4), decoded so that a claim of the wrong JSON type fails.

use moneta_events::Timestamp;
use serde_json::{Map, Value};

use super::{Rejection, json};

/// The registered claims that are strings (RFC 7519 §4.1, RFC 8693 §4, RFC 9068 §2.2, OpenID Connect
/// Core 1.0 §2, §3.3.2.11).
const STRINGS: [&str; 11] =
    ["iss", "sub", "jti", "client_id", "scope", "azp", "nonce", "acr", "at_hash", "c_hash", "sid"];
/// The latest NumericDate that is read: the end of the year 9999.
const MAX_DATE: i64 = 253_402_300_799;
/// More audiences are not read.
const MAX_AUDIENCE: usize = 32;

/// The claims of a token whose signature and claims were found good for a purpose.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedClaims(pub(super) Claims);

/// Decoded, nothing more.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Claims {
    pub(super) audience: Vec<String>,
    pub(super) expires_at: Timestamp,
    pub(super) not_before: Option<Timestamp>,
    pub(super) issued_at: Option<Timestamp>,
    /// All members, as they stand in the token.
    pub(super) members: Map<String, Value>,
}

impl VerifiedClaims {
    /// `sub`.
    pub fn subject(&self) -> &str {
        self.0.text("sub").unwrap_or_default()
    }

    /// `aud`, always as a list.
    pub fn audience(&self) -> &[String] {
        &self.0.audience
    }

    /// `iat`, which only some kinds of tokens must have.
    pub fn issued_at(&self) -> Option<Timestamp> {
        self.0.issued_at
    }

    /// `exp`.
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }

    /// A claim that is a string. Of the registered ones, `None` says that the claim is absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.text(name)
    }

    /// `jti`; empty where the kind of token needs none.
    pub fn id(&self) -> &str {
        self.0.text("jti").unwrap_or_default()
    }

    /// Any claim, as it stands in the token.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.members.get(name)
    }
}

impl Claims {
    pub(super) fn decode(payload: &[u8]) -> Result<Self, Rejection> {
        let members = json::object(payload).map_err(|_| Rejection::Claims)?;
        for name in STRINGS {
            if members.get(name).is_some_and(|value| !value.is_string()) {
                return Err(Rejection::Claim(name));
            }
        }
        if members.get("amr").is_some_and(|value| strings(value).is_none()) {
            return Err(Rejection::Claim("amr"));
        }
        if members.get("cnf").is_some_and(|value| !value.is_object()) {
            return Err(Rejection::Claim("cnf"));
        }
        date(&members, "auth_time")?;
        Ok(Self {
            audience: audience(&members)?,
            expires_at: date(&members, "exp")?.ok_or(Rejection::Claim("exp"))?,
            not_before: date(&members, "nbf")?,
            issued_at: date(&members, "iat")?,
            members,
        })
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }
}

/// One string or a list of them (RFC 7519 §4.1.3).
fn audience(members: &Map<String, Value>) -> Result<Vec<String>, Rejection> {
    let audience = match members.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(value) => strings(value).ok_or(Rejection::Claim("aud"))?,
        None => Vec::new(),
    };
    if (1..=MAX_AUDIENCE).contains(&audience.len()) {
        Ok(audience)
    } else {
        Err(Rejection::Claim("aud"))
    }
}

fn strings(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?.iter();
    items.map(|item| item.as_str().map(str::to_owned)).collect()
}

/// A NumericDate: seconds since the epoch, possibly with a fraction (RFC 7519 §2).
fn date(members: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, Rejection> {
    let Some(value) = members.get(name) else { return Ok(None) };
    if let Some(seconds) = value.as_i64().filter(|seconds| (0..=MAX_DATE).contains(seconds)) {
        return Ok(Some(Timestamp::from_seconds(seconds)));
    }
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "the range is checked, and 2^53 microseconds reach beyond the year 2255"
    )]
    match value.as_f64().filter(|seconds| (0.0..=MAX_DATE as f64).contains(seconds)) {
        Some(seconds) if value.is_f64() => {
            Ok(Some(Timestamp::from_micros((seconds * 1_000_000.0) as i64)))
        }
        _ => Err(Rejection::Claim(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIRED: &str = r#""sub":"s","aud":"a","exp":20,"iat":10"#;

    fn decode(more: &str) -> Result<Claims, Rejection> {
        Claims::decode(format!("{{{REQUIRED}{more}}}").as_bytes())
    }

    #[test]
    fn good_claims_are_decoded() {
        let claims = decode(
            r#","iss":"i","nbf":10.5,"auth_time":9,"amr":["pwd"],"cnf":{"jkt":"x"},"own":[null]"#,
        )
        .unwrap();
        assert_eq!(claims.audience, ["a"]);
        assert_eq!(claims.expires_at, Timestamp::from_seconds(20));
        assert_eq!(claims.not_before, Some(Timestamp::from_micros(10_500_000)));
        assert_eq!(claims.text("iss"), Some("i"));
        assert_eq!(claims.text("own"), None);
    }

    #[test]
    fn a_registered_claim_of_the_wrong_type_fails() {
        for name in STRINGS {
            for value in ["null", "7", "true", "[\"x\"]", "{}"] {
                let payload = format!(r#"{{"aud":"a","exp":20,"iat":10,"{name}":{value}}}"#);
                let refused = Claims::decode(payload.as_bytes());
                assert_eq!(refused, Err(Rejection::Claim(name)), "{payload}");
            }
        }
        for (name, rest) in [
            ("exp", r#""iat":10,"aud":"a""#),
            ("iat", r#""exp":10,"aud":"a""#),
            ("nbf", REQUIRED),
            ("auth_time", REQUIRED),
        ] {
            for value in [
                "null",
                "\"9999999999\"",
                "true",
                "[20]",
                "{}",
                "-1",
                "-0.5",
                "1e300",
                "253402300800",
                "18446744073709551615",
            ] {
                let payload = format!(r#"{{{rest},"{name}":{value}}}"#);
                let refused = Claims::decode(payload.as_bytes());
                assert_eq!(refused, Err(Rejection::Claim(name)), "{payload}");
            }
        }
        for (more, name) in [
            (r#","amr":"pwd""#, "amr"),
            (r#","amr":[1]"#, "amr"),
            (r#","cnf":"x""#, "cnf"),
            (r#","cnf":null"#, "cnf"),
        ] {
            assert_eq!(decode(more), Err(Rejection::Claim(name)), "{more}");
        }
    }

    #[test]
    fn an_audience_is_one_or_some_strings() {
        let many = format!("[{}]", vec!["\"a\""; MAX_AUDIENCE + 1].join(","));
        for value in ["null", "7", "[]", "[1]", r#"["a",null]"#, r#"{"a":"b"}"#, &many] {
            let payload = format!(r#"{{"exp":20,"iat":10,"aud":{value}}}"#);
            assert_eq!(Claims::decode(payload.as_bytes()), Err(Rejection::Claim("aud")), "{value}");
        }
        let claims = Claims::decode(br#"{"exp":20,"iat":10,"aud":["a","b"]}"#).unwrap();
        assert_eq!(claims.audience, ["a", "b"]);
    }

    #[test]
    fn doubles_and_other_texts_fail() {
        assert_eq!(decode(r#","exp":30"#), Err(Rejection::Claims));
        assert_eq!(decode(r#","\u0065xp":30"#), Err(Rejection::Claims));
        assert_eq!(decode(r#","address":{"a":1,"a":2}"#), Err(Rejection::Claims));
        for payload in ["", "null", "[]", "{", "{}{}"] {
            assert_eq!(Claims::decode(payload.as_bytes()), Err(Rejection::Claims), "{payload}");
        }
    }
}
