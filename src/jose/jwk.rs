//! Public keys as JSON (RFC 7517).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::Digest;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use super::{Alg, KeyType, json};

/// Longer texts are not read. An RSA key of 4096 bits takes 800 bytes.
const MAX_LENGTH: usize = 8 * 1024;
/// Longer `kid`s are not read.
const MAX_KID: usize = 256;
/// Moduli of 2048 bits (RFC 7518 §3.3) to 4096.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;
/// Exponents from 65537 to what keeps verifying cheap.
const EXPONENT: std::ops::RangeInclusive<usize> = 3..=4;
/// The members that only private and symmetric keys have (RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 8037 §2).
const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// A public signature key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    kid: Option<Box<str>>,
    alg: Option<Alg>,
    material: Material,
}

/// The key itself. Integers stand without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Material {
    Rsa { n: Box<[u8]>, e: Box<[u8]> },
    P256 { x: [u8; 32], y: [u8; 32] },
    Ed25519 { x: [u8; 32] },
}

/// Why a text is not a public signature key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// Not one JSON object with unique members and of a bearable size.
    #[error("the key is not a JSON object with unique members")]
    NotAnObject,
    /// It tells a secret.
    #[error("the key has the private member {0}")]
    Private(&'static str),
    /// A member is missing, of the wrong type, or not a value it can have.
    #[error("the member {0} of the key is missing or wrong")]
    Member(&'static str),
    /// A `kty`, `crv` or `alg` that this provider does not use, or an `alg` for another `kty`.
    #[error("the key is for an algorithm that is not used here")]
    Unsupported,
    /// It is meant for encryption.
    #[error("the key is not for signatures")]
    NotForSignatures,
}

impl Jwk {
    /// Reads a public key; members that this layer does not know are ignored (RFC 7517 §4). Whether a
    /// point is on its curve is for [`VerificationKey`](super::VerificationKey) to find out.
    pub fn parse(text: &str) -> Result<Self, JwkError> {
        if text.len() > MAX_LENGTH {
            return Err(JwkError::NotAnObject);
        }
        let members = json::object(text.as_bytes()).map_err(|_| JwkError::NotAnObject)?;
        Self::read(&members)
    }

    /// The same, of JSON that has been read.
    pub(super) fn read(members: &Map<String, Value>) -> Result<Self, JwkError> {
        if let Some(name) = PRIVATE.iter().find(|name| members.contains_key(**name)) {
            return Err(JwkError::Private(name));
        }
        if optional(members, "use")?.is_some_and(|usage| usage != "sig") {
            return Err(JwkError::NotForSignatures);
        }
        let kid = optional(members, "kid")?;
        if kid.is_some_and(|kid| kid.is_empty() || kid.len() > MAX_KID) {
            return Err(JwkError::Member("kid"));
        }
        let alg = match optional(members, "alg")? {
            Some(name) => Some(name.parse::<Alg>().map_err(|_| JwkError::Unsupported)?),
            None => None,
        };
        let material = Material::read(members)?;
        if alg.is_some_and(|alg| alg.key_type() != material.key_type()) {
            return Err(JwkError::Unsupported);
        }
        Ok(Self { kid: kid.map(Into::into), alg, material })
    }

    pub(super) fn new(kid: &str, alg: Alg, material: Material) -> Self {
        Self { kid: Some(kid.into()), alg: Some(alg), material }
    }

    /// The key's name, where it has one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The one algorithm the key is for, where it says so.
    pub fn alg(&self) -> Option<Alg> {
        self.alg
    }

    pub(super) fn material(&self) -> &Material {
        &self.material
    }

    /// The JWK thumbprint with SHA-256 (RFC 7638 §3): the hash of the required members in lexicographic
    /// order.
    pub fn thumbprint(&self) -> Digest {
        let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let text = match &self.material {
            Material::Rsa { n, e } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, b64(e), b64(n))
            }
            Material::P256 { x, y } => {
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, b64(x), b64(y))
            }
            Material::Ed25519 { x } => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, b64(x))
            }
        };
        Digest::of(&[text.as_bytes()])
    }

    /// The key as JSON, members in lexicographic order, always with `use`.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a map of strings is always JSON")
    }
}

impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut map = serializer.serialize_map(None)?;
        if let Some(alg) = self.alg {
            map.serialize_entry("alg", alg.as_str())?;
        }
        match &self.material {
            Material::Rsa { e, .. } => map.serialize_entry("e", &b64(e))?,
            Material::P256 { .. } => map.serialize_entry("crv", "P-256")?,
            Material::Ed25519 { .. } => map.serialize_entry("crv", "Ed25519")?,
        }
        if let Some(kid) = &self.kid {
            map.serialize_entry("kid", kid)?;
        }
        map.serialize_entry("kty", self.material.key_type().as_str())?;
        if let Material::Rsa { n, .. } = &self.material {
            map.serialize_entry("n", &b64(n))?;
        }
        map.serialize_entry("use", "sig")?;
        match &self.material {
            Material::Rsa { .. } => {}
            Material::P256 { x, y } => {
                map.serialize_entry("x", &b64(x))?;
                map.serialize_entry("y", &b64(y))?;
            }
            Material::Ed25519 { x } => map.serialize_entry("x", &b64(x))?,
        }
        map.end()
    }
}

impl Material {
    fn read(members: &Map<String, Value>) -> Result<Self, JwkError> {
        let kty = required(members, "kty")?;
        match kty {
            "RSA" => Ok(Self::Rsa { n: modulus(members)?, e: exponent(members)? }),
            "EC" if required(members, "crv")? == "P-256" => {
                Ok(Self::P256 { x: octets(members, "x")?, y: octets(members, "y")? })
            }
            "OKP" if required(members, "crv")? == "Ed25519" => {
                Ok(Self::Ed25519 { x: octets(members, "x")? })
            }
            _ => Err(JwkError::Unsupported),
        }
    }

    fn key_type(&self) -> KeyType {
        match self {
            Self::Rsa { .. } => KeyType::Rsa,
            Self::P256 { .. } => KeyType::Ec,
            Self::Ed25519 { .. } => KeyType::Okp,
        }
    }
}

fn optional<'a>(
    members: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'a str>, JwkError> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JwkError::Member(name)),
    }
}

fn required<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, JwkError> {
    optional(members, name)?.ok_or(JwkError::Member(name))
}

fn octets<const N: usize>(
    members: &Map<String, Value>,
    name: &'static str,
) -> Result<[u8; N], JwkError> {
    decode(members, name)?.try_into().map_err(|_| JwkError::Member(name))
}

/// Base64urlUInt: no more octets than the value needs (RFC 7518 §2).
fn modulus(members: &Map<String, Value>) -> Result<Box<[u8]>, JwkError> {
    let n = decode(members, "n")?;
    let sound = MODULUS.contains(&n.len()) && n[0] >= 0x80 && n[n.len() - 1] % 2 == 1;
    if sound { Ok(n.into()) } else { Err(JwkError::Member("n")) }
}

fn exponent(members: &Map<String, Value>) -> Result<Box<[u8]>, JwkError> {
    let e = decode(members, "e")?;
    let sound = EXPONENT.contains(&e.len()) && e[0] != 0 && e[e.len() - 1] % 2 == 1;
    if sound { Ok(e.into()) } else { Err(JwkError::Member("e")) }
}

fn decode(members: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, JwkError> {
    URL_SAFE_NO_PAD.decode(required(members, name)?).map_err(|_| JwkError::Member(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::fixtures::{RFC7515_ES256_JWK, RFC7638_JWK, RFC8037_JWK};

    #[test]
    fn thumbprints_of_rfc_7638_and_rfc_8037() {
        for (jwk, thumbprint) in [
            (RFC7638_JWK, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
            (RFC8037_JWK, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
        ] {
            assert_eq!(Jwk::parse(jwk).unwrap().thumbprint().to_string(), thumbprint);
        }
    }

    #[test]
    fn members_are_written_in_lexicographic_order_and_read_again() {
        for text in [RFC7638_JWK, RFC8037_JWK, RFC7515_ES256_JWK] {
            let jwk = Jwk::parse(text).unwrap();
            let written = jwk.to_json();
            assert_eq!(Jwk::parse(&written).unwrap(), jwk);
            let members = json::object(written.as_bytes()).unwrap();
            let mut sorted = members.clone();
            sorted.sort_keys();
            assert!(members.keys().eq(sorted.keys()), "{written}");
        }
        assert_eq!(
            Jwk::parse(RFC7515_ES256_JWK).unwrap().to_json(),
            r#"{"alg":"ES256","crv":"P-256","kid":"rfc7515","kty":"EC","use":"sig","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
        );
    }

    #[test]
    fn whatever_is_not_a_public_signature_key_is_refused() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let okp = |more: &str| format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"{more}}}"#);
        assert!(Jwk::parse(&okp("")).is_ok());
        assert!(Jwk::parse(&okp(r#","x5c":[1],"later":null"#)).is_ok());
        let rsa = |n: &[u8], e: &[u8]| {
            let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            format!(r#"{{"kty":"RSA","n":"{}","e":"{}"}}"#, b64(n), b64(e))
        };
        let n = vec![0xff; 256];
        assert!(Jwk::parse(&rsa(&n, &[1, 0, 1])).is_ok());
        for (text, error) in [
            (String::new(), JwkError::NotAnObject),
            (format!("{}{}", okp(""), " ".repeat(MAX_LENGTH)), JwkError::NotAnObject),
            (okp(r#","kid":"a","kid":"b""#), JwkError::NotAnObject),
            (okp(&format!(r#","d":"{x}""#)), JwkError::Private("d")),
            (r#"{"kty":"oct","k":"c2VjcmV0"}"#.to_owned(), JwkError::Private("k")),
            (okp(r#","use":"enc""#), JwkError::NotForSignatures),
            (okp(r#","use":7"#), JwkError::Member("use")),
            (okp(r#","kid":7"#), JwkError::Member("kid")),
            (okp(r#","kid":"""#), JwkError::Member("kid")),
            (okp(&format!(r#","kid":"{}""#, "k".repeat(MAX_KID + 1))), JwkError::Member("kid")),
            (okp(r#","alg":"ES256""#), JwkError::Unsupported),
            (okp(r#","alg":"none""#), JwkError::Unsupported),
            (okp(r#","alg":null"#), JwkError::Member("alg")),
            (format!(r#"{{"crv":"Ed25519","x":"{x}"}}"#), JwkError::Member("kty")),
            (format!(r#"{{"kty":"OKP","crv":"X25519","x":"{x}"}}"#), JwkError::Unsupported),
            (format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}"}}"#), JwkError::Member("y")),
            (r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#.to_owned(), JwkError::Member("x")),
            (format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}="}}"#), JwkError::Member("x")),
            (rsa(&[0xff; 255], &[1, 0, 1]), JwkError::Member("n")),
            (rsa(&[0xff; 513], &[1, 0, 1]), JwkError::Member("n")),
            (rsa(&[0x7f; 256], &[1, 0, 1]), JwkError::Member("n")),
            (rsa(&[0xfe; 256], &[1, 0, 1]), JwkError::Member("n")),
            (rsa(&n, &[3]), JwkError::Member("e")),
            (rsa(&n, &[0, 1, 0, 1]), JwkError::Member("e")),
            (rsa(&n, &[1, 0, 0]), JwkError::Member("e")),
            (rsa(&n, &[1, 0, 0, 0, 1]), JwkError::Member("e")),
        ] {
            assert_eq!(Jwk::parse(&text), Err(error), "{text}");
        }
    }
}
