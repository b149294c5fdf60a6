//! What operators can order, and how orders and answers travel: one JSON text a line.

use moneta_events::{Digest, client::ClientMetadata};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::cli::exit::Exit;

/// A change that an operator orders. It cannot be printed: secrets may be in it.
#[derive(Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::cli) enum Order {
    /// Make new signing keys for these algorithms; for all that are configured where there is none.
    RotateKeys {
        /// Such as `ES256`.
        algorithms: Vec<String>,
    },
    /// Register a client.
    AddClient {
        /// Its metadata.
        metadata: Box<ClientMetadata>,
        /// Its secret; where it needs one and none is given, one is made.
        secret: Option<Confidential>,
    },
    /// Change the metadata of a client.
    UpdateClient {
        /// Which one.
        client_id: String,
        /// Members in the notation of `[[clients]]`; `null` for one as if it had never been given.
        changes: Map<String, Value>,
    },
    /// Give a client a new secret.
    RotateSecret {
        /// Which one.
        client_id: String,
        /// The new secret; one is made where none is given.
        secret: Option<Confidential>,
        /// Seconds for which the old ones still work.
        overlap: u32,
    },
    /// Serve a client or not.
    SetClientEnabled {
        /// Which one.
        client_id: String,
        /// Whether it is served.
        enabled: bool,
    },
    /// Remove a client.
    RemoveClient {
        /// Which one.
        client_id: String,
    },
    /// Register an end-user.
    AddUser {
        /// The name to sign in with.
        username: String,
        /// Without one they cannot sign in.
        password: Option<Confidential>,
        /// What is known about them.
        claims: Map<String, Value>,
    },
    /// Set a password.
    SetPassword {
        /// A username or a subject.
        user: String,
        /// The new one.
        password: Confidential,
    },
    /// Change claims.
    ChangeClaims {
        /// A username or a subject.
        user: String,
        /// New values; `null` removes a claim.
        changes: Map<String, Value>,
        /// Whether all other claims go.
        replace: bool,
    },
    /// Take further factors away.
    RemoveFactors {
        /// A username or a subject.
        user: String,
        /// Passkeys, by what names them in the log.
        passkeys: Vec<Digest>,
        /// One-time codes.
        totp: bool,
        /// Everything they have beside the password.
        all: bool,
    },
    /// Let an end-user sign in or not.
    SetUserEnabled {
        /// A username or a subject.
        user: String,
        /// Whether they may.
        enabled: bool,
    },
}

impl Order {
    /// What it is called in the log.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::RotateKeys { .. } => "rotate_keys",
            Self::AddClient { .. } => "add_client",
            Self::UpdateClient { .. } => "update_client",
            Self::RotateSecret { .. } => "rotate_secret",
            Self::SetClientEnabled { .. } => "set_client_enabled",
            Self::RemoveClient { .. } => "remove_client",
            Self::AddUser { .. } => "add_user",
            Self::SetPassword { .. } => "set_password",
            Self::ChangeClaims { .. } => "change_claims",
            Self::RemoveFactors { .. } => "remove_factors",
            Self::SetUserEnabled { .. } => "set_user_enabled",
        }
    }
}

/// A secret on its way between a command and the server.
pub(in crate::cli) struct Confidential(pub(in crate::cli) Zeroizing<String>);

impl Serialize for Confidential {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Confidential {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

/// One line from the server.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// What it is about to do.
    Progress(String),
    /// It is done; this came of it.
    Done(Value),
    /// It was not done.
    Failed {
        /// The exit code of the command.
        exit: Exit,
        /// Why.
        message: String,
    },
}
