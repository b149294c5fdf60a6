//! One end-user of the built-in directory.

use serde::{Deserialize, Serialize};

use crate::{
    Sealed,
    factor::FactorEvent,
    payload::{events, succeeds},
};

events! {
    /// The life of one end-user.
    SubjectEvent {
        /// An end-user was registered.
        Registered(Registered) = "subject.registered", 1, personal ("username", "claims", "password");
        /// The password was set.
        PasswordChanged(PasswordChanged) = "subject.password_changed", 1, personal ("password");
        /// Claims were changed.
        ClaimsChanged(ClaimsChanged) = "subject.claims_changed", 1, personal ("claims");
        /// The end-user may no longer sign in, and their tokens stop working.
        Disabled(Disabled) = "subject.disabled", 1;
        /// The end-user may sign in again.
        Enabled(Enabled) = "subject.enabled", 1;
        + Factor(FactorEvent);
    }
}

/// A new end-user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Registered {
    /// The name they sign in with.
    pub username: Sealed,
    /// Their standard claims, a JSON object (OpenID Connect Core 1.0 §5.1).
    pub claims: Sealed,
    /// Argon2id hash of the password, PHC text.
    pub password: Option<Sealed>,
}

/// A new password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PasswordChanged {
    /// Argon2id hash of the password, PHC text.
    pub password: Sealed,
}

/// New claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClaimsChanged {
    /// All standard claims, a JSON object.
    pub claims: Sealed,
    /// The names of those that changed.
    pub changed: Vec<String>,
}

/// No more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Disabled {}

/// Again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Enabled {}

succeeds!(Registered, PasswordChanged, ClaimsChanged, Disabled, Enabled);
