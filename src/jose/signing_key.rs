//! Private keys of the provider.

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::KeySize,
    signature::{Ed25519KeyPair, KeyPair as _, RsaEncoding, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use zeroize::Zeroizing;

use super::{Alg, Jwk, Typ, jwk::Material};
use crate::runtime::entropy::Entropy;

/// The octets of the longest signature, that of an RSA key of 4096 bits.
pub(super) const MAX_SIGNATURE: usize = 512;
/// Names of keys are short.
const MAX_KID: usize = 128;

/// A private key, parsed once and bound to one name and one algorithm.
pub struct SigningKey {
    kid: Box<str>,
    alg: Alg,
    private: Private,
    public: Jwk,
    /// For each [`Typ`] the first part of a token, with its dot.
    headers: [Box<str>; Typ::ALL.len()],
}

enum Private {
    Rsa { key: RsaKeyPair, encoding: &'static dyn RsaEncoding },
    P256 { key: EcdsaKeyPair, entropy: Entropy },
    Ed25519(Ed25519KeyPair),
}

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// Names of keys stand in headers as they are: letters, digits, `-`, `_`, `.`, `~`.
    #[error("the name of a key is 1 to 128 unreserved characters")]
    Kid,
    /// Not PKCS#8, another type of key, inconsistent, or RSA of fewer than 2048 or more than 4096 bits.
    #[error("the bytes are not a PKCS#8 key for the algorithm")]
    Pkcs8,
    /// The cryptographic library could not make a key.
    #[error("no key could be generated")]
    Generation,
}

/// The cryptographic library could not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature could not be made")]
pub struct SigningFailed;

impl SigningKey {
    /// Makes a new key and gives it as PKCS#8 (RFC 5958). RSA keys have 2048 bits; their primes come from
    /// the generator inside aws-lc-rs.
    pub fn generate(alg: Alg, entropy: &Entropy) -> Result<Zeroizing<Vec<u8>>, SigningKeyError> {
        let pkcs8 = match alg {
            Alg::RS256 | Alg::PS256 => {
                let key = RsaKeyPair::generate(KeySize::Rsa2048);
                let der: Result<Pkcs8V1Der<'_>, _> = key.and_then(|key| key.as_der());
                der.map(|der| der.as_ref().to_vec()).map_err(|_| SigningKeyError::Generation)?
            }
            Alg::ES256 => {
                let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let document = EcdsaKeyPair::generate_pkcs8(curve, entropy.ring());
                document.map_err(|_| SigningKeyError::Generation)?.as_ref().to_vec()
            }
            Alg::EdDSA => {
                let document = ring::signature::Ed25519KeyPair::generate_pkcs8(entropy.ring());
                document.map_err(|_| SigningKeyError::Generation)?.as_ref().to_vec()
            }
        };
        Ok(Zeroizing::new(pkcs8))
    }

    /// Reads a key; its public half is computed and, where PKCS#8 brings one, compared. ECDSA draws a
    /// nonce for each signature from `entropy`.
    pub fn from_pkcs8(
        kid: &str,
        alg: Alg,
        pkcs8: &[u8],
        entropy: &Entropy,
    ) -> Result<Self, SigningKeyError> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
        if kid.is_empty() || kid.len() > MAX_KID || !kid.bytes().all(unreserved) {
            return Err(SigningKeyError::Kid);
        }
        let (private, material) = match alg {
            Alg::RS256 => rsa(pkcs8, &aws_lc_rs::signature::RSA_PKCS1_SHA256)?,
            Alg::PS256 => rsa(pkcs8, &aws_lc_rs::signature::RSA_PSS_SHA256)?,
            Alg::ES256 => p256(pkcs8, entropy)?,
            Alg::EdDSA => ed25519(pkcs8)?,
        };
        let headers = std::array::from_fn(|at| header(kid, alg, Typ::ALL[at]));
        let public = Jwk::new(kid, alg, material);
        Ok(Self { kid: kid.into(), alg, private, public, headers })
    }

    /// Its name in `kid` headers.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The only algorithm it signs with.
    pub fn alg(&self) -> Alg {
        self.alg
    }

    /// The public half, to publish.
    pub fn public_jwk(&self) -> &Jwk {
        &self.public
    }

    /// Signs `message`: the octets that stand in the third part of a JWS (RFC 7518 §3, RFC 8037 §3.1).
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        let mut buffer = [0; MAX_SIGNATURE];
        Ok(self.sign_into(message, &mut buffer)?.to_vec())
    }

    /// Signs `message` into `buffer` and gives the part of it that is the signature.
    pub(super) fn sign_into<'a>(
        &self,
        message: &[u8],
        buffer: &'a mut [u8; MAX_SIGNATURE],
    ) -> Result<&'a [u8], SigningFailed> {
        let signature = &mut buffer[..self.signature_length()];
        match &self.private {
            Private::Rsa { key, encoding } => {
                // It asks its own generator for the salt, whatever it is given.
                let ignored = aws_lc_rs::rand::SystemRandom::new();
                key.sign(*encoding, &ignored, message, signature).map_err(|_| SigningFailed)?;
            }
            Private::P256 { key, entropy } => {
                let made = key.sign(entropy.ring(), message).map_err(|_| SigningFailed)?;
                signature.copy_from_slice(made.as_ref());
            }
            Private::Ed25519(key) => {
                let made = key.try_sign(message).map_err(|_| SigningFailed)?;
                signature.copy_from_slice(made.as_ref());
            }
        }
        Ok(signature)
    }

    /// How many octets a signature has.
    pub(super) fn signature_length(&self) -> usize {
        match &self.private {
            Private::Rsa { key, .. } => key.public_modulus_len(),
            Private::P256 { .. } | Private::Ed25519(_) => 64,
        }
    }

    /// The first part of a token of this kind, with its dot.
    pub(super) fn header(&self, typ: Typ) -> &str {
        &self.headers[typ as usize]
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("alg", &self.alg)
            .finish_non_exhaustive()
    }
}

/// Nothing in it needs escaping: the names are fixed, `kid` was checked.
fn header(kid: &str, alg: Alg, typ: Typ) -> Box<str> {
    let json = format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"{}"}}"#, typ.as_str());
    let mut text = URL_SAFE_NO_PAD.encode(json);
    text.push('.');
    text.into()
}

/// ring gives the public numbers and judges the key by its own stricter rules; aws-lc-rs signs.
fn rsa(
    pkcs8: &[u8],
    encoding: &'static dyn RsaEncoding,
) -> Result<(Private, Material), SigningKeyError> {
    let judged = ring::rsa::KeyPair::from_pkcs8(pkcs8).map_err(|_| SigningKeyError::Pkcs8)?;
    let public: ring::rsa::PublicKeyComponents<Vec<u8>> = judged.public().into();
    let key = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| SigningKeyError::Pkcs8)?;
    if key.public_modulus_len() > MAX_SIGNATURE {
        return Err(SigningKeyError::Pkcs8);
    }
    let material = Material::Rsa { n: public.n.into(), e: public.e.into() };
    Ok((Private::Rsa { key, encoding }, material))
}

fn p256(pkcs8: &[u8], entropy: &Entropy) -> Result<(Private, Material), SigningKeyError> {
    let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let key = EcdsaKeyPair::from_pkcs8(curve, pkcs8, entropy.ring())
        .map_err(|_| SigningKeyError::Pkcs8)?;
    let point = key.public_key().as_ref();
    let half = |range| {
        let octets: Option<&[u8]> = point.get(range);
        octets.and_then(|octets| octets.try_into().ok()).ok_or(SigningKeyError::Pkcs8)
    };
    let material = Material::P256 { x: half(1..33)?, y: half(33..65)? };
    Ok((Private::P256 { key, entropy: entropy.clone() }, material))
}

fn ed25519(pkcs8: &[u8]) -> Result<(Private, Material), SigningKeyError> {
    let key = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| SigningKeyError::Pkcs8)?;
    let x = key.public_key().as_ref().try_into().map_err(|_| SigningKeyError::Pkcs8)?;
    Ok((Private::Ed25519(key), Material::Ed25519 { x }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::{VerificationKey, fixtures::pkcs8};

    #[test]
    fn what_a_key_signs_its_public_half_verifies() {
        for alg in Alg::ALL {
            let key = SigningKey::from_pkcs8("k", *alg, pkcs8(*alg), &Entropy::default()).unwrap();
            let public = VerificationKey::from_jwk(key.public_jwk()).unwrap();
            let signature = key.sign(b"message").unwrap();
            assert_eq!(signature.len(), key.signature_length());
            assert!(public.verifies(b"message", &signature), "{alg}");
            assert!(!public.verifies(b"massage", &signature), "{alg}");
            assert!(!public.verifies(b"message", &signature[1..]), "{alg}");
            assert!(!public.verifies(b"message", &[]), "{alg}");
            assert_eq!(
                format!("{key:?}"),
                format!("SigningKey {{ kid: \"k\", alg: {alg:?}, .. }}")
            );
        }
    }

    #[test]
    fn a_key_is_only_for_algorithms_of_its_type() {
        for alg in Alg::ALL {
            for other in Alg::ALL {
                let read = SigningKey::from_pkcs8("k", *alg, pkcs8(*other), &Entropy::default());
                assert_eq!(read.is_ok(), alg.key_type() == other.key_type(), "{alg} {other}");
            }
        }
        for bytes in [&[][..], &[0x30, 0x00], &pkcs8(Alg::RS256)[..100]] {
            for alg in Alg::ALL {
                let read = SigningKey::from_pkcs8("k", *alg, bytes, &Entropy::default());
                assert_eq!(read.unwrap_err(), SigningKeyError::Pkcs8);
            }
        }
    }

    #[test]
    fn names_need_no_escaping() {
        let long = "k".repeat(MAX_KID + 1);
        for kid in ["", "a b", "a\"b", "a\\b", "ä", "a\n", &long] {
            let read =
                SigningKey::from_pkcs8(kid, Alg::ES256, pkcs8(Alg::ES256), &Entropy::default());
            assert_eq!(read.unwrap_err(), SigningKeyError::Kid, "{kid}");
        }
    }

    #[test]
    fn keys_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<SigningKey>();
    }
}
