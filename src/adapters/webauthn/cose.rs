//! Public keys (RFC 9052 §7, RFC 9053 §7, RFC 8230 §4), each fit for one algorithm.

use minicbor::Decoder;
use moneta_events::Reason;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};

use super::cbor::{self, bad};

/// A key of one of the algorithms that are asked for.
pub(super) enum PublicKey<'a> {
    /// ES256: an uncompressed point of P-256.
    Es256([u8; 65]),
    /// EdDSA with Ed25519.
    Ed25519(&'a [u8]),
    /// RS256: modulus and exponent.
    Rs256(&'a [u8], &'a [u8]),
}

/// Members of a key, by their labels.
#[derive(Default)]
struct Members<'a> {
    /// 1.
    kty: Option<i64>,
    /// 3.
    alg: Option<i64>,
    /// -1, as a number: the curve.
    crv: Option<i64>,
    /// -1, as bytes: the modulus.
    n: Option<&'a [u8]>,
    /// -2: a coordinate, or the exponent.
    x: Option<&'a [u8]>,
    /// -3.
    y: Option<&'a [u8]>,
}

impl<'a> PublicKey<'a> {
    /// Reads a key that stands alone.
    pub(super) fn read(key: &'a [u8]) -> Result<Self, Reason> {
        let mut decoder = Decoder::new(key);
        let read = Self::decode(&mut decoder)?;
        if decoder.position() == key.len() { Ok(read) } else { Err(Reason::PasskeyMalformed) }
    }

    /// Reads the key that comes next.
    pub(super) fn decode(decoder: &mut Decoder<'a>) -> Result<Self, Reason> {
        let members = Members::decode(decoder)?;
        match members {
            Members {
                kty: Some(2),
                alg: Some(-7),
                crv: Some(1),
                x: Some(x),
                y: Some(y),
                n: None,
            } if x.len() == 32 && y.len() == 32 => {
                let mut point = [4; 65];
                point[1..33].copy_from_slice(x);
                point[33..].copy_from_slice(y);
                Ok(Self::Es256(point))
            }
            Members { kty: Some(1), alg: Some(-8), crv: Some(6), x: Some(x), y: None, n: None }
                if x.len() == 32 =>
            {
                Ok(Self::Ed25519(x))
            }
            Members {
                kty: Some(3),
                alg: Some(-257),
                n: Some(n),
                x: Some(e),
                y: None,
                crv: None,
            } => Ok(Self::Rs256(n, e)),
            _ => Err(Reason::PasskeyMalformed),
        }
    }

    /// The COSE algorithm (RFC 9053 §2, RFC 8812 §2).
    pub(super) fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => -7,
            Self::Ed25519(_) => -8,
            Self::Rs256(..) => -257,
        }
    }

    /// Verifies a signature of the key's own algorithm.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Reason> {
        match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rs256(n, e) => RsaPublicKeyComponents { n, e }.verify(
                &RSA_PKCS1_2048_8192_SHA256,
                message,
                signature,
            ),
        }
        .map_err(|_| Reason::PasskeySignatureInvalid)
    }
}

impl<'a> Members<'a> {
    fn decode(decoder: &mut Decoder<'a>) -> Result<Self, Reason> {
        let mut members = Self::default();
        let mut seen = Vec::new();
        for _ in 0..cbor::map(decoder)? {
            let label = decoder.i64().map_err(bad)?;
            if seen.contains(&label) {
                return Err(Reason::PasskeyMalformed);
            }
            seen.push(label);
            let is_bytes = decoder.datatype().map_err(bad)? == minicbor::data::Type::Bytes;
            match (label, is_bytes) {
                (1, _) => members.kty = Some(decoder.i64().map_err(bad)?),
                (3, _) => members.alg = Some(decoder.i64().map_err(bad)?),
                (-1, true) => members.n = Some(decoder.bytes().map_err(bad)?),
                (-1, false) => members.crv = Some(decoder.i64().map_err(bad)?),
                (-2, _) => members.x = Some(decoder.bytes().map_err(bad)?),
                (-3, _) => members.y = Some(decoder.bytes().map_err(bad)?),
                // A private key, or what belongs to no algorithm asked for (§6.5.1.1).
                _ => return Err(Reason::PasskeyMalformed),
            }
        }
        Ok(members)
    }
}
