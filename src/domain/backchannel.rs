//! One backchannel authentication request (CIBA Core 1.0).
//!
//! ```text
//! Absent -> Requested (approval phase, then token phase)
//!    |
//!    +-> Refused
//! ```

use std::sync::Arc;

use moneta_events::{
    Category, ClientId, Reason, SubjectId, Timestamp,
    backchannel::{BackchannelEvent as Event, Notified, Refused, Requested},
};

use super::{
    aggregate::{Aggregate, Decision},
    approval::{self, Approval, Terms},
};

/// Attempts to tell somebody that go on record.
const NOTIFICATIONS: u32 = 32;

/// The state of one backchannel request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Backchannel {
    /// The request, from `Requested` on.
    pub request: Option<Arc<Requested>>,
    /// The approval and token phases.
    pub approval: Approval,
    /// Attempts to tell the client, and whether that is over.
    pub client_notified: Notifications,
    /// Attempts to tell the end-user's device, and whether that is over.
    pub device_notified: Notifications,
    refused: Option<ClientId>,
}

/// How far telling somebody has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Notifications {
    /// Attempts on record.
    pub attempts: u32,
    /// Whether there will be no more.
    pub over: bool,
}

/// What may be asked of it.
#[derive(Debug, Clone)]
pub enum Command {
    /// A checked request begins it.
    Request(Arc<Requested>),
    /// The provider says no to the client.
    Refuse(Refused),
    /// The end-user's device was told, or could not be.
    NotifyDevice(Notified),
    /// The client was told, or could not be.
    NotifyClient(Notified),
    /// A step of the approval or token phase.
    Approval(approval::Step),
}

impl Aggregate for Backchannel {
    const CATEGORY: Category = Category::Backchannel;
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
            (Command::NotifyDevice(notified), Some(_), _) => {
                notify(self.device_notified, notified, Event::DeviceNotified)
            }
            (Command::NotifyClient(notified), Some(_), _) => {
                notify(self.client_notified, notified, Event::ClientNotified)
            }
            (Command::Approval(step), Some(request), _) => {
                let (events, verdict) = self.approval.decide(&terms_of(request), step);
                Decision { events: events.into_iter().map(Event::Approval).collect(), verdict }
            }
            _ => Decision::refuse(Reason::OutOfOrder),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Requested(request) => self.request = Some(Arc::clone(request)),
            Event::Refused(refused) => self.refused = Some(refused.client_id.clone()),
            Event::DeviceNotified(notified) => self.device_notified.take_in(notified),
            Event::ClientNotified(notified) => self.client_notified.take_in(notified),
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
        self.request.as_ref().map(|request| request.subject)
    }

    fn client(&self) -> Option<&ClientId> {
        self.request.as_ref().map(|request| &request.client_id).or(self.refused.as_ref())
    }
}

impl Backchannel {
    /// Whether nobody can finish it any more, by `now`, and that is not on record yet.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.request
            .as_ref()
            .is_some_and(|request| self.approval.is_expired(request.expires_at, now))
    }

    /// What the request says, where there is one.
    pub fn terms(&self) -> Option<Terms<'_>> {
        self.request.as_deref().map(terms_of)
    }

    /// Whether the provider said no to the request.
    pub const fn is_refused(&self) -> bool {
        self.refused.is_some()
    }
}

impl Notifications {
    const fn take_in(&mut self, notified: &Notified) {
        self.attempts = notified.attempt;
        self.over = notified.last || notified.is_taken();
    }
}

fn terms_of(request: &Requested) -> Terms<'_> {
    Terms {
        client_id: &request.client_id,
        subject: Some(request.subject),
        scope: &request.scope,
        secret: request.auth_req_id,
        expires_at: request.expires_at,
    }
}

/// Each attempt once, in order, and none after the last.
fn notify(
    so_far: Notifications,
    notified: &Notified,
    event: fn(Notified) -> Event,
) -> Decision<Backchannel> {
    if so_far.over || notified.attempt <= so_far.attempts {
        return Decision::nothing_to_do();
    }
    if notified.attempt != so_far.attempts + 1 {
        return Decision::refuse(Reason::OutOfOrder);
    }
    if notified.attempt > NOTIFICATIONS {
        return Decision::refuse(Reason::StreamFull);
    }
    Decision::record(event(notified.clone()))
}
