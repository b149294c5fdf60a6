//! The approval phase that grants with a device apart share: the end-user decides elsewhere, the client
//! waits. Then the token phase.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    Digest, Outcome, Reason, Scope, StreamId, SubjectId, Timestamp,
    payload::{events, succeeds},
    token::TokenEvent,
    transaction::ShownConsent,
};

events! {
    /// What the end-user decided about one request, and what became of it.
    ApprovalEvent {
        /// The end-user allowed it, and proved who they are.
        Approved(Arc<Approved>) = "approval.approved", 1;
        /// The end-user could not prove who they are; they may try again.
        Failed(ApprovalFailed) = "approval.failed", 1;
        /// The end-user said no.
        Denied(Denied) = "approval.denied", 1;
        /// Nobody decided it, or nobody fetched the tokens, in time.
        Expired(Expired) = "approval.expired", 1;
        /// The one time that tokens were fetched for it.
        Redeemed(Redeemed) = "approval.redeemed", 1;
        /// Somebody asked for the tokens who may not have them.
        RedemptionRefused(RedemptionRefused) = "approval.redemption_refused", 1;
        + Token(TokenEvent);
    }
}

/// The end-user allowed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Approved {
    /// Who.
    pub subject: SubjectId,
    /// What they allowed, possibly narrower than requested.
    pub scope: Scope,
    /// The browser session they decided in, where it was a browser.
    pub session: Option<StreamId>,
    /// `auth_time`: when they authenticated (OpenID Connect Core 1.0 §2).
    pub auth_time: Timestamp,
    /// `acr`: the authentication context reached.
    pub acr: String,
    /// `amr`: the methods used (RFC 8176).
    pub amr: Vec<String>,
    /// What they were shown; `None` where the device does not tell.
    pub shown: Option<ShownConsent>,
    /// Where they decided.
    pub device: DecisionDevice,
    /// What shows that it was them.
    pub proof: Proof,
}

/// Where an end-user decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DecisionDevice {
    /// On the provider's own page for devices.
    Inbox,
    /// On the page where a user code is entered (RFC 8628 §3.3).
    Verification,
    /// With a device service of the operator's, over its webhook.
    Webhook,
    /// At the endpoint that exists for tests alone.
    Test,
}

/// What shows that a decision is the end-user's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Proof {
    /// The kind of proof.
    pub method: ProofMethod,
    /// Of the credential's identifier, where it has one.
    pub credential: Option<Digest>,
    /// Of the signed answer: the WebAuthn assertion, or the device service's message.
    pub assertion: Option<Digest>,
}

/// A kind of proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProofMethod {
    /// The password, typed for this request.
    Password,
    /// A passkey, used for this request.
    Passkey,
    /// A live session; no more was asked for.
    Session,
    /// The word of the device service, signed.
    Service,
    /// None: a test said so.
    Test,
}

/// The proof was not good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApprovalFailed {
    /// What was wrong with it.
    pub reason: Reason,
    /// From 1.
    pub attempt: u32,
}

/// The end-user said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Denied {
    /// `consent_denied`, or `request_reported` where they did not know of the request.
    pub reason: Reason,
    /// What they were shown; `None` where the device does not tell.
    pub shown: Option<ShownConsent>,
    /// Where they decided.
    pub device: DecisionDevice,
}

/// It was left lying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Expired {
    /// Whether the end-user had allowed it.
    pub approved: bool,
}

/// The tokens were fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Redeemed {
    /// How often the client had asked before, as far as this node knows.
    pub polls: u32,
    /// How often it had asked too soon.
    pub slow_downs: u32,
}

/// The tokens were refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RedemptionRefused {
    /// The rule that refused it.
    pub reason: Reason,
    /// From 1; later ones are answered and not recorded.
    pub attempt: u32,
}

succeeds!(Approved, Redeemed);

impl ApprovalFailed {
    /// Refused, for the reason on record.
    pub const fn outcome(&self) -> Outcome {
        Outcome::refused(self.reason)
    }
}

impl Denied {
    /// Denied by a person.
    pub const fn outcome(&self) -> Outcome {
        Outcome::denied(self.reason)
    }
}

impl Expired {
    /// Refused: out of time.
    #[allow(clippy::unused_self, reason = "called alike on every data type by `events!`")]
    pub const fn outcome(&self) -> Outcome {
        Outcome::refused(Reason::ApprovalExpired)
    }
}

impl RedemptionRefused {
    /// Refused, for the reason on record.
    pub const fn outcome(&self) -> Outcome {
        Outcome::refused(self.reason)
    }
}
