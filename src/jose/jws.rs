//! Compact serialization (RFC 7515 §7.1).

use base64::{Engine as _, encoded_len, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{
    SigningKey, Typ, json,
    signing_key::{MAX_SIGNATURE, SigningFailed},
};

/// Longer tokens are not read, whoever sends them.
const MAX_TOKEN: usize = 16 * 1024;
/// Longer headers are not read.
const MAX_HEADER: usize = 4 * 1024;

/// Signs `payload`. The header lies ready in the key; the token is written into one allocation.
pub fn encode(key: &SigningKey, typ: Typ, payload: &[u8]) -> Result<String, SigningFailed> {
    let header = key.header(typ);
    let length = |octets| encoded_len(octets, false).unwrap_or(0);
    let whole = header.len() + length(payload.len()) + 1 + length(key.signature_length());
    let mut token = String::with_capacity(whole);
    token.push_str(header);
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let mut buffer = [0; MAX_SIGNATURE];
    let signature = key.sign_into(token.as_bytes(), &mut buffer)?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// A token taken apart; nothing in it is verified yet.
#[derive(Debug)]
pub(super) struct Parsed<'a> {
    pub(super) header: Header,
    /// The octets that were signed.
    pub(super) signing_input: &'a [u8],
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

/// What is read of a header. Members that would bring a key or say where one is (`jwk`, `jku`, `x5u`,
/// `x5c`) are not looked at.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) typ: Option<String>,
    pub(super) kid: Option<String>,
}

/// Why a text is not a token in compact serialization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// More than 16 KiB, or a header of more than 4 KiB.
    #[error("the token is too long")]
    TooLong,
    /// Not exactly three parts.
    #[error("the token does not have three parts")]
    Parts,
    /// Not base64url without padding in its one canonical spelling (RFC 7515 §2).
    #[error("a part of the token is not canonical base64url")]
    Base64,
    /// Not a JSON object with unique members (RFC 7515 §4).
    #[error("the header is not a JSON object with unique members")]
    Header,
    /// A header member is missing or of the wrong type.
    #[error("the header member {0} is missing or of the wrong type")]
    HeaderMember(&'static str),
    /// A header member asks for something this provider does not do; `crit` always does, because there is
    /// no extension that it could name (RFC 7515 §4.1.11, RFC 7797).
    #[error("the header member {0} is not supported")]
    Unsupported(&'static str),
}

/// Takes a token apart (RFC 7515 §5.2, steps 1 to 7).
pub(super) fn parse(token: &str) -> Result<Parsed<'_>, Malformed> {
    if token.len() > MAX_TOKEN {
        return Err(Malformed::TooLong);
    }
    let (signing_input, signature) = token.rsplit_once('.').ok_or(Malformed::Parts)?;
    let (header, payload) = signing_input.split_once('.').ok_or(Malformed::Parts)?;
    if payload.contains('.') {
        return Err(Malformed::Parts);
    }
    if header.len() > MAX_HEADER {
        return Err(Malformed::TooLong);
    }
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Malformed::Base64);
    let members = json::object(&decode(header)?).map_err(|_| Malformed::Header)?;
    Ok(Parsed {
        header: Header::read(members)?,
        signing_input: signing_input.as_bytes(),
        payload: decode(payload)?,
        signature: decode(signature)?,
    })
}

impl Header {
    fn read(mut members: Map<String, Value>) -> Result<Self, Malformed> {
        for name in ["crit", "b64", "zip"] {
            if members.contains_key(name) {
                return Err(Malformed::Unsupported(name));
            }
        }
        let mut text = |name| match members.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Malformed::HeaderMember(name)),
        };
        Ok(Self {
            alg: text("alg")?.ok_or(Malformed::HeaderMember("alg"))?,
            typ: text("typ")?,
            kid: text("kid")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::jose::{
        Alg, Jwk, VerificationKey,
        fixtures::{self, RFC7515_ES256_JWK, RFC7515_RS256_JWK, RFC8037_JWK},
    };

    #[test]
    fn vectors_of_rfc_7515_and_rfc_8037() {
        for (jwk, token) in [
            (RFC7515_RS256_JWK, fixtures::RFC7515_RS256),
            (RFC7515_ES256_JWK, fixtures::RFC7515_ES256),
            (RFC8037_JWK, fixtures::RFC8037_EDDSA),
        ] {
            let key = VerificationKey::from_jwk(&Jwk::parse(jwk).unwrap()).unwrap();
            let mut parsed = parse(token).unwrap();
            assert_eq!(parsed.header.alg, key.alg().as_str());
            assert!(key.verifies(parsed.signing_input, &parsed.signature));
            parsed.signature[7] ^= 1;
            assert!(!key.verifies(parsed.signing_input, &parsed.signature));
        }
    }

    #[test]
    fn tokens_are_written_as_they_are_read() {
        for alg in Alg::ALL {
            for typ in Typ::ALL {
                let key = fixtures::signing_key(*alg);
                let token = encode(key, *typ, b"{}").unwrap();
                assert_eq!(token.len(), token.capacity());
                let parsed = parse(&token).unwrap();
                assert_eq!(parsed.header.alg, alg.as_str());
                assert_eq!(parsed.header.kid.as_deref(), Some(key.kid()));
                assert_eq!(parsed.header.typ.as_deref(), Some(typ.as_str()));
                assert_eq!(parsed.payload, b"{}");
                let public = VerificationKey::from_jwk(key.public_jwk()).unwrap();
                assert!(public.verifies(parsed.signing_input, &parsed.signature));
            }
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let b64 = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let with_header = |header: &str| format!("{}.e30.AA", b64(header));
        assert!(parse(&with_header(r#"{"alg":"ES256"}"#)).is_ok());
        assert!(parse(&with_header(r#"{"alg":"ES256","jwk":{},"jku":1,"x5c":[]}"#)).is_ok());
        let good = b64(r#"{"alg":"ES256"}"#);
        for (token, malformed) in [
            (String::new(), Malformed::Parts),
            (good.clone(), Malformed::Parts),
            (format!("{good}.e30"), Malformed::Parts),
            (format!("{good}.e30.AA.AA"), Malformed::Parts),
            (format!("{good}.e30.AA.AA.AA"), Malformed::Parts),
            (format!("{good}.{}.AA", "A".repeat(MAX_TOKEN)), Malformed::TooLong),
            (format!("{}.e30.AA", "A".repeat(MAX_HEADER + 1)), Malformed::TooLong),
            (format!("{good}.e30=.AA"), Malformed::Base64),
            (format!("{good}.e30.AA=="), Malformed::Base64),
            (format!("{good}.e31.AA"), Malformed::Base64),
            (format!("{good}.e30.AB"), Malformed::Base64),
            (format!("{good}.e30.A"), Malformed::Base64),
            (format!("{good}.e3 0.AA"), Malformed::Base64),
            (format!("{good}.e30.+/+/"), Malformed::Base64),
            (format!("{good}.e30.AA\n"), Malformed::Base64),
            (".e30.AA".to_owned(), Malformed::Header),
            ("..".to_owned(), Malformed::Header),
            (with_header("[]"), Malformed::Header),
            (with_header(r#"{"alg":"ES256","alg":"none"}"#), Malformed::Header),
            (with_header(r#"{"alg":"ES256","x":1,"x":2}"#), Malformed::Header),
            (with_header("{}"), Malformed::HeaderMember("alg")),
            (with_header(r#"{"alg":null}"#), Malformed::HeaderMember("alg")),
            (with_header(r#"{"alg":"ES256","kid":7}"#), Malformed::HeaderMember("kid")),
            (with_header(r#"{"alg":"ES256","typ":["JWT"]}"#), Malformed::HeaderMember("typ")),
            (with_header(r#"{"alg":"ES256","crit":["zzz"]}"#), Malformed::Unsupported("crit")),
            (with_header(r#"{"alg":"ES256","crit":[]}"#), Malformed::Unsupported("crit")),
            (with_header(r#"{"alg":"ES256","b64":false}"#), Malformed::Unsupported("b64")),
            (with_header(r#"{"alg":"ES256","zip":"DEF"}"#), Malformed::Unsupported("zip")),
            (r#"{"payload":"e30","signatures":[]}"#.to_owned(), Malformed::Parts),
        ] {
            assert_eq!(parse(&token).unwrap_err(), malformed, "{token}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(token in any::<String>(), parts in "[A-Za-z0-9_=-]{0,40}(\\.[A-Za-z0-9_=-]{0,40}){0,4}") {
            let _ = parse(&token);
            let _ = parse(&parts);
        }

        #[test]
        fn no_header_panics(header in any::<Vec<u8>>(), more in "[\\[\\]{}\",:a-z0-9]{0,60}") {
            for header in [header.as_slice(), more.as_bytes()] {
                let _ = parse(&format!("{}.e30.AA", URL_SAFE_NO_PAD.encode(header)));
            }
        }
    }
}
