//! What every event says about itself, whatever happened.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{ClientId, Digest, Reason, Sealed, StreamId, SubjectId, Timestamp};

/// One event as it is stored and hashed. Serialising a decoded envelope gives the stored bytes again:
/// fields stand in this order, absent facts are written as `null`, and `data` is kept verbatim.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Envelope<'a> {
    /// Unique to this attempt to record the event.
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "uuid")))]
    pub id: Uuid,
    /// What happened, `category.past_tense`.
    #[serde(rename = "type", borrow)]
    pub event_type: &'a str,
    /// The schema number of `data`.
    #[serde(rename = "schema")]
    pub schema: u16,
    /// The stream the event belongs to.
    pub stream: StreamId,
    /// Its place in the stream, from 0.
    pub revision: u64,
    /// The order that was carried out; events of one order share it, a retry of the order finds it.
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "uuid")))]
    pub order: Uuid,
    /// When it happened, by the clock of the node that decided.
    pub occurred_at: Timestamp,
    /// When the node handed it to the store.
    pub recorded_at: Timestamp,
    /// The authorization transaction it is part of.
    pub transaction: Option<StreamId>,
    /// The request (or event) that caused it.
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "uuid")))]
    pub causation: Uuid,
    /// Shared by everything one login led to, across streams.
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "uuid")))]
    pub correlation: Uuid,
    /// Who did it.
    pub actor: Actor,
    /// Whom it concerns.
    pub subject: Option<SubjectId>,
    /// For which client.
    pub client: Option<ClientId>,
    /// Address and user agent of the request, sealed.
    pub source: Option<Sealed>,
    /// How it ended, with the reason where it did not end well.
    pub outcome: Outcome,
    /// Version of the configuration the decision was made under.
    #[serde(borrow)]
    pub configuration: &'a str,
    /// The node that decided.
    #[serde(borrow)]
    pub node: &'a str,
    /// SHA-256 of the stored bytes of the event before it in the stream.
    pub previous: Digest,
    /// What happened in particular; its shape is the schema of `type`.
    #[serde(borrow)]
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Map<String, serde_json::Value>"))]
    pub data: &'a RawValue,
}

/// The part of an [`Envelope`] that says what happened and when: all that most read models need.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Head<'a> {
    /// What happened, `category.past_tense`.
    #[serde(rename = "type", borrow)]
    pub event_type: &'a str,
    /// The schema number of `data`.
    pub schema: u16,
    /// The stream the event belongs to.
    pub stream: StreamId,
    /// Its place in the stream, from 0.
    pub revision: u64,
    /// When it happened, by the clock of the node that decided.
    pub occurred_at: Timestamp,
    /// What happened in particular; its shape is the schema of `type`.
    #[serde(borrow)]
    pub data: &'a RawValue,
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Actor {
    /// In which role.
    pub kind: ActorKind,
    /// Which one, where the role has several.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub id: Option<Arc<str>>,
}

impl Actor {
    /// A browser whose person is not known.
    pub const BROWSER: Self = Self { kind: ActorKind::Browser, id: None };

    /// An authenticated end-user.
    pub fn user(subject: SubjectId) -> Self {
        Self { kind: ActorKind::User, id: Some(subject.to_string().into()) }
    }

    /// A client, at an endpoint that authenticates clients.
    pub fn client(client: &ClientId) -> Self {
        Self { kind: ActorKind::Client, id: Some(Arc::clone(&client.0)) }
    }

    /// A part of the provider itself.
    pub fn system(part: &str) -> Self {
        Self { kind: ActorKind::System, id: Some(part.into()) }
    }

    /// A person at the command line or console.
    pub fn operator(name: &str) -> Self {
        Self { kind: ActorKind::Operator, id: Some(name.into()) }
    }
}

/// The role somebody acted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// An unauthenticated browser.
    Browser,
    /// An authenticated end-user.
    User,
    /// A client.
    Client,
    /// Somebody who runs the provider.
    Operator,
    /// The provider itself.
    System,
}

/// How the step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outcome {
    /// Well or not.
    pub result: Verdict,
    /// Why not.
    pub reason: Option<Reason>,
}

impl Outcome {
    /// It was done.
    pub const SUCCESS: Self = Self { result: Verdict::Success, reason: None };

    /// The provider said no.
    pub const fn refused(reason: Reason) -> Self {
        Self { result: Verdict::Refused, reason: Some(reason) }
    }

    /// A person said no.
    pub const fn denied(reason: Reason) -> Self {
        Self { result: Verdict::Denied, reason: Some(reason) }
    }
}

/// The result of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was done.
    Success,
    /// A rule of the provider refused it.
    Refused,
    /// A person refused it.
    Denied,
}
