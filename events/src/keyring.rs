//! The provider's signing keys. Private parts are in the vault, never here.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    payload::{events, succeeds},
};

events! {
    /// The life of the signing keys.
    KeyringEvent {
        /// A key pair was made; its public half is published from now on.
        Generated(Generated) = "keyring.generated", 1;
        /// A key signs from now on; the one before it is only published.
        Activated(Activated) = "keyring.activated", 1;
        /// A key is no longer published: its last token has expired.
        Retired(Retired) = "keyring.retired", 1;
    }
}

/// A new key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Generated {
    /// Its name in `kid` headers.
    pub kid: String,
    /// The algorithm it is for.
    pub alg: String,
    /// The public JWK (RFC 7517), as text.
    pub public_jwk: String,
}

/// The signing key of an algorithm changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Activated {
    /// The new one.
    pub kid: String,
    /// The algorithm it signs.
    pub alg: String,
    /// The one it takes over from, with the time until which that stays published.
    pub replaces: Option<Replaced>,
}

/// A key that only verifies from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replaced {
    /// Its name.
    pub kid: String,
    /// No token it signed lives longer.
    pub published_until: Timestamp,
}

/// A key is gone from the JWKS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Retired {
    /// Its name.
    pub kid: String,
}

succeeds!(Generated, Activated, Retired);
