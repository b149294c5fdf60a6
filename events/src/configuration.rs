//! What a node was told to do, so that every decision can cite the configuration in force.

use serde::{Deserialize, Serialize};

use crate::payload::{events, succeeds};

events! {
    /// The configuration over time.
    ConfigurationEvent {
        /// A node started and records from now on.
        Loaded(Loaded) = "configuration.loaded", 1;
        /// A node stopped in order.
        Stopped(Stopped) = "configuration.stopped", 1;
    }
}

/// The settings in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Loaded {
    /// What envelopes name as `configuration`: a digest of the settings.
    pub version: String,
    /// The version of the program.
    pub program: String,
    /// Every setting, secrets left out.
    pub settings: serde_json::Value,
}

/// The node is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stopped {}

succeeds!(Loaded, Stopped);
