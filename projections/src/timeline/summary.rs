//! A grant in one row.

use moneta_events::{ClientId, Reason, StreamId, SubjectId, Timestamp};
use serde::Serialize;

use crate::words::words;

words! {
    /// The furthest step of a grant.
    State {
        /// The client asked.
        Requested = "requested",
        /// The end-user is known.
        Authenticated = "authenticated",
        /// The end-user allowed it.
        Consented = "consented",
        /// A code is out.
        CodeIssued = "code_issued",
        /// Tokens are out.
        Exchanged = "exchanged",
        /// Answered without a code: with tokens, or with nothing.
        Answered = "answered",
        /// The end-user said no.
        Denied = "denied",
        /// The provider said no.
        Refused = "refused",
        /// Nobody finished it in time.
        Expired = "expired",
        /// All its tokens were revoked.
        Revoked = "revoked",
    }
}

words! {
    /// How an authorization ended. What later happens to its tokens does not change it.
    Ending {
        /// Not yet.
        Open = "open",
        /// The client got all that it asked for.
        Success = "success",
        /// The provider said no, or nobody finished it.
        Refused = "refused",
        /// The end-user said no.
        Denied = "denied",
    }
}

/// A grant in one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Its stream.
    pub stream: StreamId,
    /// By which `grant_type` its first tokens are bought; `none` where there will be none.
    pub grant_type: String,
    /// Who asked.
    pub client: ClientId,
    /// The end-user, once known.
    pub subject: Option<SubjectId>,
    /// The session, once known.
    pub session: Option<StreamId>,
    /// When its first event happened.
    pub started_at: Timestamp,
    /// When its last event happened.
    pub last_at: Timestamp,
    /// How far it came.
    pub state: State,
    /// How it ended.
    pub outcome: Ending,
    /// Why something in it was last refused, even if it went well after that.
    pub reason: Option<Reason>,
    /// How many events it has.
    pub events: u64,
    /// Microseconds from its start to its end, where it has ended.
    pub duration: Option<i64>,
    /// When it is over if nobody goes on with it; `None` once nothing is waited for.
    pub deadline: Option<Timestamp>,
}
