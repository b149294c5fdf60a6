//! What one end-user allowed one client, remembered.

use moneta_events::{
    Category, ClientId, Scope, SubjectId,
    consent::{ConsentEvent as Event, Granted, Withdrawn},
};

use super::aggregate::{Aggregate, Decision};

/// The remembered consent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Consent {
    parties: Option<(SubjectId, ClientId)>,
    /// What is allowed; empty where nothing is.
    pub scope: Scope,
}

/// What may be asked of it.
#[derive(Debug, Clone)]
pub enum Command {
    /// Remember this scope beside what is remembered already.
    Grant {
        /// Who allows.
        subject: SubjectId,
        /// Whom.
        client_id: ClientId,
        /// What.
        scope: Scope,
    },
    /// Forget all.
    Withdraw,
}

impl Aggregate for Consent {
    const CATEGORY: Category = Category::Consent;
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: &Command) -> Decision<Self> {
        match command {
            Command::Grant { scope, .. } if scope.is_subset_of(&self.scope) => {
                Decision::nothing_to_do()
            }
            Command::Grant { subject, client_id, scope } => {
                Decision::record(Event::Granted(Granted {
                    subject: *subject,
                    client_id: client_id.clone(),
                    scope: self.scope.union(scope),
                }))
            }
            Command::Withdraw if self.scope.is_empty() => Decision::nothing_to_do(),
            Command::Withdraw => Decision::record(Event::Withdrawn(Withdrawn {})),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Granted(granted) => {
                self.parties = Some((granted.subject, granted.client_id.clone()));
                self.scope = granted.scope.clone();
            }
            Event::Withdrawn(_) => self.scope = Scope::default(),
        }
    }

    fn subject(&self) -> Option<SubjectId> {
        self.parties.as_ref().map(|(subject, _)| *subject)
    }

    fn client(&self) -> Option<&ClientId> {
        self.parties.as_ref().map(|(_, client_id)| client_id)
    }
}
