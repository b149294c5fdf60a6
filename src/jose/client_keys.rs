//! The public keys of a client (RFC 7517 §5), as it registered them or as its `jwks_uri` serves them.

use serde_json::{Map, Value};

use super::{
    Alg, Jwk, KeySource, Rejection, VerificationKey, json,
    jwk::{JwkError, Material},
};

/// Keys of one client. More are a mistake, or an attack on those who try them.
pub const MAX_KEYS: usize = 50;
/// Longer documents are not read.
const MAX_LENGTH: usize = 256 * 1024;

/// What the client can sign with. Each key verifies the algorithms that fit it, or the one it names.
#[derive(Debug, Default)]
pub struct ClientKeys(Vec<ClientKey>);

#[derive(Debug)]
struct ClientKey {
    kid: Option<Box<str>>,
    key: VerificationKey,
}

/// Why a document is no key set of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientKeysError {
    /// It is not a JSON object with a list `keys` of objects, or too long.
    #[error("is not a JWK Set: a JSON object with a list `keys` of objects (RFC 7517 §5)")]
    NotASet,
    /// More than [`MAX_KEYS`].
    #[error("has more than {MAX_KEYS} keys")]
    TooMany,
    /// It tells a secret.
    #[error(
        "has a key with the private member `{0}`, which now has to be replaced; send public keys only"
    )]
    Private(&'static str),
    /// Nothing in it can be used.
    #[error(
        "has no key this provider can verify signatures with: RSA of 2048 to 4096 bits, EC on P-256, or \
         OKP on Ed25519, not for encryption"
    )]
    NoneUsable,
}

impl ClientKeys {
    /// Reads a document from a `jwks_uri`.
    pub fn parse(text: &str) -> Result<Self, ClientKeysError> {
        if text.len() > MAX_LENGTH {
            return Err(ClientKeysError::NotASet);
        }
        let document = json::object(text.as_bytes()).map_err(|_| ClientKeysError::NotASet)?;
        Self::read(&document)
    }

    /// Reads a registered set. Keys that are for something else are left out, and so are keys that are
    /// wrong: one mistake must not silence the others. A private key is no mistake to pass over.
    pub fn read(document: &Map<String, Value>) -> Result<Self, ClientKeysError> {
        let keys =
            document.get("keys").and_then(Value::as_array).ok_or(ClientKeysError::NotASet)?;
        if keys.len() > MAX_KEYS {
            return Err(ClientKeysError::TooMany);
        }
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            match Jwk::read(key.as_object().ok_or(ClientKeysError::NotASet)?) {
                Ok(jwk) => found.extend(usable(&jwk)),
                Err(JwkError::Private(member)) => return Err(ClientKeysError::Private(member)),
                Err(_) => {}
            }
        }
        if found.is_empty() { Err(ClientKeysError::NoneUsable) } else { Ok(Self(found)) }
    }

    /// The algorithms that there are keys for.
    pub fn algs(&self) -> impl Iterator<Item = Alg> {
        Alg::ALL.iter().copied().filter(|alg| self.0.iter().any(|one| one.key.alg() == *alg))
    }

    /// The names of the keys, those without one left out.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|one| one.kid.as_deref())
    }
}

/// An RSA key that does not say what it is for verifies both ways of signing.
fn usable(jwk: &Jwk) -> impl Iterator<Item = ClientKey> {
    let algs = match (jwk.alg(), jwk.material()) {
        (Some(alg), _) => alg.only(),
        (None, Material::Rsa { .. }) => &[Alg::RS256, Alg::PS256],
        (None, Material::P256 { .. }) => Alg::ES256.only(),
        (None, Material::Ed25519 { .. }) => Alg::EdDSA.only(),
    };
    algs.iter().filter_map(|alg| {
        let key = VerificationKey::bound(jwk, *alg).ok()?;
        Some(ClientKey { kid: jwk.kid().map(Into::into), key })
    })
}

impl KeySource for ClientKeys {
    /// `kid` may be left out where one key fits alone (OpenID Connect Core 1.0 §10.1). Where two are
    /// meant, none is tried.
    fn key(&self, kid: Option<&str>, alg: Alg) -> Result<&VerificationKey, Rejection> {
        let named = |one: &&ClientKey| kid.is_none() || one.kid.as_deref() == kid;
        let mut fitting = self.0.iter().filter(named).filter(|one| one.key.alg() == alg);
        let is_there = |kid| self.kids().any(|own| own == kid);
        match (fitting.next(), fitting.next()) {
            (Some(one), None) => Ok(&one.key),
            (None, _) if kid.is_some_and(is_there) => Err(Rejection::KeyAlg),
            _ => Err(Rejection::UnknownKey),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::fixtures::{
        RFC7515_ES256_JWK, RFC7515_RS256_JWK, RFC8037_JWK, named, signing_key,
    };

    fn set(keys: &[&str]) -> String {
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    /// The key as it stands, with a member replaced, or taken out where `value` is null.
    fn with(jwk: &str, name: &str, value: Value) -> String {
        let mut members: Map<String, Value> = serde_json::from_str(jwk).unwrap();
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.to_owned(), value),
        };
        Value::Object(members).to_string()
    }

    #[test]
    fn a_key_is_found_by_name_and_algorithm() {
        let text = set(&[RFC7515_ES256_JWK, &with(RFC8037_JWK, "kid", json!("rfc7515"))]);
        let keys = ClientKeys::parse(&text).unwrap();
        assert!(keys.algs().eq([Alg::ES256, Alg::EdDSA]));
        assert!(keys.kids().eq(["rfc7515", "rfc7515"]));
        for (kid, alg, expected) in [
            (Some("rfc7515"), Alg::ES256, Ok(Alg::ES256)),
            (Some("rfc7515"), Alg::EdDSA, Ok(Alg::EdDSA)),
            (None, Alg::ES256, Ok(Alg::ES256)),
            (Some("rfc7515"), Alg::RS256, Err(Rejection::KeyAlg)),
            (None, Alg::RS256, Err(Rejection::UnknownKey)),
            (Some("other"), Alg::ES256, Err(Rejection::UnknownKey)),
            (Some(""), Alg::ES256, Err(Rejection::UnknownKey)),
        ] {
            let found = keys.key(kid, alg).map(VerificationKey::alg);
            assert_eq!(found, expected, "{kid:?} {alg}");
        }
    }

    #[test]
    fn without_a_name_only_one_key_may_be_meant() {
        let (a, b) = (named("a", Alg::ES256), signing_key(Alg::ES256));
        let keys = [a.public_jwk().to_json(), b.public_jwk().to_json()];
        let keys = ClientKeys::parse(&set(&keys.each_ref().map(String::as_str))).unwrap();
        assert_eq!(keys.key(Some("a"), Alg::ES256).unwrap().kid(), "a");
        assert_eq!(keys.key(None, Alg::ES256).unwrap_err(), Rejection::UnknownKey);

        let twice = ClientKeys::parse(&set(&[RFC7515_ES256_JWK, RFC7515_ES256_JWK])).unwrap();
        let ambiguous = twice.key(Some("rfc7515"), Alg::ES256);
        assert_eq!(ambiguous.unwrap_err(), Rejection::UnknownKey);

        let nameless = ClientKeys::parse(&set(&[&with(RFC8037_JWK, "kid", Value::Null)])).unwrap();
        assert!(nameless.key(None, Alg::EdDSA).is_ok());
        assert_eq!(nameless.key(Some("x"), Alg::EdDSA).unwrap_err(), Rejection::UnknownKey);
    }

    #[test]
    fn an_rsa_key_that_does_not_say_verifies_both() {
        let open = ClientKeys::parse(&set(&[&with(RFC7515_RS256_JWK, "alg", Value::Null)]));
        assert!(open.unwrap().algs().eq([Alg::RS256, Alg::PS256]));
        let bound = ClientKeys::parse(&set(&[RFC7515_RS256_JWK])).unwrap();
        assert!(bound.algs().eq([Alg::RS256]));
        assert_eq!(bound.key(Some("rfc7515"), Alg::PS256).unwrap_err(), Rejection::KeyAlg);
    }

    #[test]
    fn what_cannot_be_used_does_not_stand_in_the_way() {
        let good = RFC7515_ES256_JWK;
        for beside in [
            with(good, "use", json!("enc")),
            with(good, "alg", json!("ECDH-ES")),
            with(good, "crv", json!("P-521")),
            with(good, "x", json!("AA")),
            with(good, "kid", json!(7)),
            with(good, "y", json!("x_FEyRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")),
            "{}".to_owned(),
            r#"{"kty":"new"}"#.to_owned(),
        ] {
            let keys = ClientKeys::parse(&set(&[&beside, good])).unwrap();
            assert_eq!(keys.0.len(), 1, "{beside}");
            let alone = ClientKeys::parse(&set(&[&beside]));
            assert_eq!(alone.unwrap_err(), ClientKeysError::NoneUsable, "{beside}");
        }
    }

    #[test]
    fn secrets_crowds_and_other_documents_are_refused() {
        let good = RFC7515_ES256_JWK;
        let private = with(good, "d", json!("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"));
        let symmetric = r#"{"kty":"oct","k":"c2VjcmV0"}"#;
        let many = |count| set(&vec![good; count]);
        for (text, error) in [
            (set(&[good, &private]), ClientKeysError::Private("d")),
            (set(&[symmetric]), ClientKeysError::Private("k")),
            (set(&[]), ClientKeysError::NoneUsable),
            (many(MAX_KEYS + 1), ClientKeysError::TooMany),
            (String::new(), ClientKeysError::NotASet),
            (format!("[{good}]"), ClientKeysError::NotASet),
            ("{}".to_owned(), ClientKeysError::NotASet),
            (r#"{"keys":{}}"#.to_owned(), ClientKeysError::NotASet),
            (r#"{"keys":[7]}"#.to_owned(), ClientKeysError::NotASet),
            (format!(r#"{{"keys":[],"keys":[{good}]}}"#), ClientKeysError::NotASet),
            (format!("{}{}", set(&[good]), " ".repeat(MAX_LENGTH)), ClientKeysError::NotASet),
        ] {
            assert_eq!(ClientKeys::parse(&text).unwrap_err(), error);
        }
        assert!(ClientKeys::parse(&many(MAX_KEYS)).is_ok());
    }
}
