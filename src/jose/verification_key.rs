//! Public keys ready to verify with.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
};

use super::{Alg, Jwk, jwk::Material};

/// A public key, parsed once and bound to one name and one algorithm.
#[derive(Debug)]
pub struct VerificationKey {
    kid: Box<str>,
    alg: Alg,
    key: ParsedPublicKey,
}

/// The key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// It does not say for which algorithm it is, or has no name.
    #[error("the key has no kid or no alg")]
    Anonymous,
    /// It is no key: a point that is not on the curve, or an impossible modulus.
    #[error("the numbers of the key do not make a key")]
    Invalid,
}

impl VerificationKey {
    /// Parses the key; a point that is not on its curve is refused here.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, UnusableKey> {
        match (jwk.kid(), jwk.alg()) {
            (Some(_), Some(alg)) => Self::bound(jwk, alg),
            _ => Err(UnusableKey::Anonymous),
        }
    }

    /// The same, for an algorithm that the key itself need not name; its name may be missing, too.
    pub(super) fn bound(jwk: &Jwk, alg: Alg) -> Result<Self, UnusableKey> {
        let key = match jwk.material() {
            Material::Rsa { n, e } => {
                let parameters = if alg == Alg::PS256 {
                    &RSA_PSS_2048_8192_SHA256
                } else {
                    &RSA_PKCS1_2048_8192_SHA256
                };
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters)
            }
            Material::P256 { x, y } => {
                let mut point = [4; 65];
                point[1..33].copy_from_slice(x);
                point[33..].copy_from_slice(y);
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            }
            Material::Ed25519 { x } => ParsedPublicKey::new(&ED25519, x),
        };
        let kid = jwk.kid().unwrap_or_default().into();
        Ok(Self { kid, alg, key: key.map_err(|_| UnusableKey::Invalid)? })
    }

    /// The name by which tokens refer to it; empty where it has none.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The only algorithm it verifies.
    pub fn alg(&self) -> Alg {
        self.alg
    }

    /// Whether `signature` was made over `message` with the private half.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::fixtures::{RFC7515_ES256_JWK, RFC7638_JWK};

    #[test]
    fn a_key_needs_a_name_and_an_algorithm() {
        for without in [r#""kid":"rfc7515","#, r#""alg":"ES256","#] {
            let jwk = Jwk::parse(&RFC7515_ES256_JWK.replace(without, "")).unwrap();
            assert_eq!(VerificationKey::from_jwk(&jwk).unwrap_err(), UnusableKey::Anonymous);
        }
        assert!(VerificationKey::from_jwk(&Jwk::parse(RFC7638_JWK).unwrap()).is_ok());
    }

    #[test]
    fn a_point_off_the_curve_is_no_key() {
        let jwk = Jwk::parse(&RFC7515_ES256_JWK.replace("x_FEz", "x_FEy")).unwrap();
        assert_eq!(VerificationKey::from_jwk(&jwk).unwrap_err(), UnusableKey::Invalid);
    }
}
