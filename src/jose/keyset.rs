//! The provider's own keys at one moment. A change of keys makes a new set and swaps it in as a whole.

use std::{collections::HashMap, sync::Arc};

use serde::Serialize;

use super::{
    Alg, Jwk, KeySource, Rejection, SigningKey, VerificationKey, verification_key::UnusableKey,
};

/// The keys that sign, the keys that only verify, and the JWKS document that names them all.
#[derive(Debug)]
pub struct KeySet {
    active: Vec<Arc<SigningKey>>,
    published: HashMap<Box<str>, VerificationKey>,
    jwks: String,
}

/// Why keys do not make a set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Two keys of one name.
    #[error("two keys are named {0}")]
    SameName(Box<str>),
    /// Two keys that sign with one algorithm.
    #[error("two keys are to sign with {0}")]
    SameAlg(Alg),
    /// A key that cannot verify.
    #[error(transparent)]
    Unusable(#[from] UnusableKey),
}

#[derive(Serialize)]
struct Jwks<'a> {
    keys: &'a [&'a Jwk],
}

impl KeySet {
    /// `active` sign, one for each algorithm. `others` are published too: the next keys, so that clients
    /// know them before the first token, and retiring keys, until the last token they signed has expired
    /// (OpenID Connect Core 1.0 §10.1.1).
    pub fn new(active: Vec<Arc<SigningKey>>, others: &[Jwk]) -> Result<Self, KeySetError> {
        for (at, key) in active.iter().enumerate() {
            if active[..at].iter().any(|earlier| earlier.alg() == key.alg()) {
                return Err(KeySetError::SameAlg(key.alg()));
            }
        }
        let keys: Vec<&Jwk> = active.iter().map(|key| key.public_jwk()).chain(others).collect();
        let mut published = HashMap::with_capacity(keys.len());
        for jwk in &keys {
            let key = VerificationKey::from_jwk(jwk)?;
            let name: Box<str> = key.kid().into();
            if published.insert(name.clone(), key).is_some() {
                return Err(KeySetError::SameName(name));
            }
        }
        let jwks = serde_json::to_string(&Jwks { keys: &keys })
            .expect("a list of maps of strings is always JSON");
        Ok(Self { active, published, jwks })
    }

    /// The key that signs with `alg` now.
    pub fn active(&self, alg: Alg) -> Option<&Arc<SigningKey>> {
        self.active.iter().find(|key| key.alg() == alg)
    }

    /// The algorithms that there are keys for, in the order the keys were given.
    pub fn algs(&self) -> impl Iterator<Item = Alg> {
        self.active.iter().map(|key| key.alg())
    }

    /// The JWK Set (RFC 7517 §5), ready to send.
    pub fn jwks_json(&self) -> &str {
        &self.jwks
    }
}

impl KeySource for KeySet {
    fn key(&self, kid: Option<&str>, alg: Alg) -> Result<&VerificationKey, Rejection> {
        let key = kid.and_then(|kid| self.published.get(kid)).ok_or(Rejection::UnknownKey)?;
        if key.alg() == alg { Ok(key) } else { Err(Rejection::KeyAlg) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::fixtures::{RFC7638_JWK, named};

    #[test]
    fn active_keys_sign_and_all_are_published() {
        let next = Jwk::parse(RFC7638_JWK).unwrap();
        let (es, ed) = (named("es", Alg::ES256), named("ed", Alg::EdDSA));
        let documents = [es.public_jwk().to_json(), ed.public_jwk().to_json(), next.to_json()];
        let set = KeySet::new(vec![Arc::new(es), Arc::new(ed)], &[next]).unwrap();
        assert_eq!(set.jwks_json(), format!(r#"{{"keys":[{}]}}"#, documents.join(",")));
        assert!(set.algs().eq([Alg::ES256, Alg::EdDSA]));
        assert_eq!(set.active(Alg::ES256).unwrap().kid(), "es");
        assert!(set.active(Alg::RS256).is_none());
        for (kid, alg) in [("es", Alg::ES256), ("ed", Alg::EdDSA), ("2011-04-29", Alg::RS256)] {
            assert_eq!(set.key(Some(kid), alg).unwrap().alg(), alg);
        }
        assert_eq!(set.key(Some("es"), Alg::EdDSA).unwrap_err(), Rejection::KeyAlg);
        for kid in ["", "ES", "es ", "../es", "x' OR 1=1--"] {
            let refused = set.key(Some(kid), Alg::ES256).unwrap_err();
            assert_eq!(refused, Rejection::UnknownKey, "{kid}");
        }
        assert_eq!(set.key(None, Alg::ES256).unwrap_err(), Rejection::UnknownKey);
    }

    #[test]
    fn keys_are_told_apart_by_name_and_by_algorithm() {
        let key = |kid, alg| Arc::new(named(kid, alg));
        let same_name = KeySet::new(vec![key("k", Alg::ES256), key("k", Alg::EdDSA)], &[]);
        assert_eq!(same_name.unwrap_err(), KeySetError::SameName("k".into()));
        let same_alg = KeySet::new(vec![key("a", Alg::ES256), key("b", Alg::ES256)], &[]);
        assert_eq!(same_alg.unwrap_err(), KeySetError::SameAlg(Alg::ES256));
        let anonymous = Jwk::parse(&RFC7638_JWK.replace(r#""alg":"RS256","#, "")).unwrap();
        let unusable = KeySet::new(vec![key("a", Alg::ES256)], &[anonymous]);
        assert_eq!(unusable.unwrap_err(), KeySetError::Unusable(UnusableKey::Anonymous));
    }
}
