//! A reserved username. Its stream is named after a keyed hash of the name, so the store itself lets
//! only one subject have it.

use serde::{Deserialize, Serialize};

use crate::{
    SubjectId,
    payload::{events, succeeds},
};

events! {
    /// Who holds a username.
    UsernameEvent {
        /// A subject took the name.
        Claimed(Claimed) = "username.claimed", 1;
        /// The name is free again.
        Released(Released) = "username.released", 1;
    }
}

/// Taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Claimed {
    /// By whom.
    pub subject: SubjectId,
}

/// Free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Released {}

succeeds!(Claimed, Released);
