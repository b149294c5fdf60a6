//! Names of algorithms, key types and kinds of tokens.

use std::{fmt, str::FromStr};

/// A signature algorithm that the provider uses (`alg`, RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Alg {
    /// RSASSA-PKCS1-v1_5 with SHA-256. Every provider has to offer it (OpenID Connect Core 1.0 §15.1).
    RS256,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// Ed25519. Discovery says `EdDSA`, the name that clients know; RFC 9864 renames it to `Ed25519`.
    EdDSA,
}

impl Alg {
    /// Every algorithm, the one all clients know first.
    pub const ALL: &'static [Self] = &[Self::RS256, Self::PS256, Self::ES256, Self::EdDSA];

    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
            Self::ES256 => "ES256",
            Self::EdDSA => "EdDSA",
        }
    }

    /// This algorithm and no other.
    pub const fn only(self) -> &'static [Self] {
        match self {
            Self::RS256 => &[Self::RS256],
            Self::PS256 => &[Self::PS256],
            Self::ES256 => &[Self::ES256],
            Self::EdDSA => &[Self::EdDSA],
        }
    }

    /// What kind of key it takes.
    pub const fn key_type(self) -> KeyType {
        match self {
            Self::RS256 | Self::PS256 => KeyType::Rsa,
            Self::ES256 => KeyType::Ec,
            Self::EdDSA => KeyType::Okp,
        }
    }
}

impl fmt::Display for Alg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name is not that of an algorithm the provider uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a signature algorithm of this provider")]
pub struct UnknownAlg;

impl FromStr for Alg {
    type Err = UnknownAlg;

    /// Compares byte for byte: names of algorithms are case-sensitive (RFC 7515 §4.1.1).
    fn from_str(name: &str) -> Result<Self, UnknownAlg> {
        Self::ALL.iter().copied().find(|alg| alg.as_str() == name).ok_or(UnknownAlg)
    }
}

/// `kty` (RFC 7518 §6.1, RFC 8037 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// An RSA key.
    Rsa,
    /// A key on an elliptic curve given by two coordinates.
    Ec,
    /// A key given by one octet string.
    Okp,
}

impl KeyType {
    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::Ec => "EC",
            Self::Okp => "OKP",
        }
    }
}

/// The kinds of tokens that the provider signs. Each says in `typ` what it is, so that none passes for
/// another (RFC 8725 §3.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Typ {
    /// An ID Token (OpenID Connect Core 1.0 §2).
    IdToken,
    /// An access token (RFC 9068 §2.1).
    AccessToken,
}

impl Typ {
    /// Every kind, in the order of the discriminants.
    pub const ALL: &'static [Self] = &[Self::IdToken, Self::AccessToken];

    /// The value of the `typ` header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IdToken => "JWT",
            Self::AccessToken => "at+jwt",
        }
    }
}

/// Whether the value of a `typ` header means `kind`: media types know no case, and `application/` may be
/// left out (RFC 7515 §4.1.9).
pub(super) fn is_typ(header: &str, kind: &str) -> bool {
    const PREFIX: &str = "application/";
    let short = match header.get(..PREFIX.len()) {
        Some(prefix) if prefix.eq_ignore_ascii_case(PREFIX) => &header[PREFIX.len()..],
        _ => header,
    };
    short.eq_ignore_ascii_case(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithms_are_named_case_sensitively() {
        for alg in Alg::ALL {
            assert_eq!(alg.as_str().parse(), Ok(*alg));
        }
        for name in ["", "none", "None", "nOnE", "HS256", "es256", "ES256 ", "RS1", "Ed25519"] {
            assert_eq!(name.parse::<Alg>(), Err(UnknownAlg), "{name}");
        }
    }

    #[test]
    fn media_types_know_no_case_and_may_be_long() {
        for name in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/at+JWT"] {
            assert!(is_typ(name, "at+jwt"), "{name}");
        }
        for name in
            ["", "jwt", "at+jwt ", "application/", "text/at+jwt", "application/application/at+jwt"]
        {
            assert!(!is_typ(name, "at+jwt"), "{name}");
        }
    }
}
