//! What one end-user allowed one client, remembered across transactions.

use serde::{Deserialize, Serialize};

use crate::{
    ClientId, Scope, SubjectId,
    payload::{events, succeeds},
};

events! {
    /// The life of a remembered consent.
    ConsentEvent {
        /// The end-user allowed the scope and wants it remembered.
        Granted(Granted) = "consent.granted", 1;
        /// The end-user, or somebody who runs the provider, took it back.
        Withdrawn(Withdrawn) = "consent.withdrawn", 1;
    }
}

/// Remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Granted {
    /// Who allows.
    pub subject: SubjectId,
    /// Whom.
    pub client_id: ClientId,
    /// All that is allowed from now on.
    pub scope: Scope,
}

/// Forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Withdrawn {}

succeeds!(Granted, Withdrawn);
