//! What may be asked of a transaction.

use std::sync::Arc;

use moneta_events::{
    ClientId, Digest, Reason, Sealed, Timestamp,
    token::{AccessToken, IdToken, Issued, RevocationCause},
    transaction::{Authenticated, CodeIssued, Consented, FactorVerified, Refused, Requested},
};

use crate::domain::tokens::Refresh;

/// A command: steps that are recorded in one append, or not at all.
pub type Command = Vec<Step>;

/// One step of a transaction.
#[derive(Debug, Clone)]
pub enum Step {
    /// A checked authorization request begins it.
    Request(Arc<Requested>),
    /// A sign-in failed.
    FailAuthentication {
        /// Why.
        reason: Reason,
        /// What was typed.
        username: Option<Sealed>,
    },
    /// One factor was right, and another is asked for.
    VerifyFactor(FactorVerified),
    /// The end-user is known.
    Authenticate(Arc<Authenticated>),
    /// The end-user allows it and the answer goes out.
    Answer(Box<Answer>),
    /// The end-user says no.
    Deny(Reason),
    /// The provider says no to the client.
    Refuse(Refused),
    /// Redeem the code.
    Exchange(Box<Exchange>),
    /// Rotate the refresh token.
    Refresh(Box<Refresh>),
    /// Revoke one access token or all.
    Revoke {
        /// One access token, or all.
        only: Option<Digest>,
        /// By whom.
        cause: RevocationCause,
    },
    /// End it if its time is over.
    Expire(Timestamp),
}

/// What the end-user allows, and all that goes out with it: what the response type names, and no more.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What is allowed and how we know.
    pub consent: Consented,
    /// The code.
    pub code: Option<CodeIssued>,
    /// The access token of the front channel.
    pub access_token: Option<AccessToken>,
    /// The ID Token of the front channel.
    pub id_token: Option<IdToken>,
}

/// Redeem a code (RFC 6749 §4.1.3, RFC 7636 §4.6).
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Digest of the code presented.
    pub code: Digest,
    /// The authenticated client.
    pub client_id: ClientId,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `code_verifier`.
    pub code_verifier: Option<String>,
    /// Wrong redemptions after which the code is dead.
    pub attempts: u32,
    /// Whether user, client and session still allow it.
    pub gate: Result<(), Reason>,
    /// What to issue.
    pub issued: Issued,
    /// When.
    pub now: Timestamp,
}
