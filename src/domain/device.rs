//! One device authorization request (RFC 8628).
//!
//! ```text
//! Absent -> Requested -> Claimed (approval phase, then token phase)
//!    |
//!    +-> Refused
//! ```

use std::sync::Arc;

use moneta_events::{
    Category, ClientId, Reason, StreamId, SubjectId, Timestamp,
    device::{Claimed, DeviceEvent as Event, Refused, Requested},
};

use super::{
    aggregate::{Aggregate, Decision},
    approval::{self, Approval, Phase, Terms},
};

/// Times the same end-user may begin to look at a request with another session.
const CLAIMS: u32 = 10;

/// The state of one device authorization request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Device {
    /// The request, from `Requested` on.
    pub request: Option<Arc<Requested>>,
    /// Who entered the user code.
    pub claimed: Option<Claimed>,
    /// The approval and token phases.
    pub approval: Approval,
    claims: u32,
    refused: Option<ClientId>,
}

/// What may be asked of it.
#[derive(Debug, Clone)]
pub enum Command {
    /// A checked request begins it.
    Request(Arc<Requested>),
    /// The provider says no to the client.
    Refuse(Refused),
    /// Somebody who is signed in entered the user code.
    Claim {
        /// Who.
        subject: SubjectId,
        /// Their session.
        session: StreamId,
        /// When.
        now: Timestamp,
    },
    /// A step of the approval or token phase.
    Approval(approval::Step),
}

impl Aggregate for Device {
    const CATEGORY: Category = Category::Device;
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: &Command) -> Decision<Self> {
        match (command, &self.request, &self.refused) {
            (Command::Request(request), None, None) => {
                Decision::record(Event::Requested(Arc::clone(request)))
            }
            (Command::Refuse(refused), None, None) => {
                Decision::record(Event::Refused(refused.clone()))
            }
            (Command::Claim { subject, session, now }, Some(request), _) => {
                self.claim(request, Claimed { subject: *subject, session: *session }, *now)
            }
            // Nobody decides what nobody looked at.
            (
                Command::Approval(approval::Step::Approve { .. } | approval::Step::Deny { .. }),
                Some(_),
                _,
            ) if self.claimed.is_none() => Decision::refuse(Reason::OutOfOrder),
            (Command::Approval(step), Some(request), _) => {
                let (events, verdict) = self.approval.decide(&self.terms_of(request), step);
                Decision { events: events.into_iter().map(Event::Approval).collect(), verdict }
            }
            _ => Decision::refuse(Reason::OutOfOrder),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Requested(request) => self.request = Some(Arc::clone(request)),
            Event::Refused(refused) => self.refused = Some(refused.client_id.clone()),
            Event::Claimed(claimed) => {
                self.claimed = Some(claimed.clone());
                self.claims += 1;
            }
            Event::Approval(event) => self.approval.evolve(event),
        }
    }

    fn verdict(event: &Event) -> Result<(), Reason> {
        match event {
            Event::Approval(event) => Approval::verdict(event),
            _ => Ok(()),
        }
    }

    fn is_settled(&self) -> bool {
        self.refused.is_some() || self.approval.is_settled()
    }

    fn subject(&self) -> Option<SubjectId> {
        self.claimed.as_ref().map(|claimed| claimed.subject)
    }

    fn client(&self) -> Option<&ClientId> {
        self.request.as_ref().map(|request| &request.client_id).or(self.refused.as_ref())
    }
}

impl Device {
    /// Whether nobody can finish it any more, by `now`, and that is not on record yet.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.request
            .as_ref()
            .is_some_and(|request| self.approval.is_expired(request.expires_at, now))
    }

    /// What the request says, and who has to decide, where there is one.
    pub fn terms(&self) -> Option<Terms<'_>> {
        self.request.as_deref().map(|request| self.terms_of(request))
    }

    /// Whether the provider said no to the request.
    pub const fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Whoever enters the code first has to decide; nobody can take a request over.
    fn claim(&self, request: &Requested, claimed: Claimed, now: Timestamp) -> Decision<Self> {
        if self.approval.phase != Phase::Pending {
            return Decision::refuse(Reason::OutOfOrder);
        }
        if request.expires_at <= now {
            return Decision::refuse(Reason::ApprovalExpired);
        }
        match &self.claimed {
            Some(known) if *known == claimed => Decision::nothing_to_do(),
            Some(known) if known.subject != claimed.subject => {
                Decision::refuse(Reason::ApprovalSubjectMismatch)
            }
            Some(_) if self.claims >= CLAIMS => Decision::refuse(Reason::StreamFull),
            _ => Decision::record(Event::Claimed(claimed)),
        }
    }

    fn terms_of<'a>(&self, request: &'a Requested) -> Terms<'a> {
        Terms {
            client_id: &request.client_id,
            subject: self.claimed.as_ref().map(|claimed| claimed.subject),
            scope: &request.scope,
            secret: request.device_code,
            expires_at: request.expires_at,
        }
    }
}
