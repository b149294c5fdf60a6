//! Grants without an end-user step: born complete, then only their token phase.

use moneta_events::{
    Category, ClientId, Digest, Reason,
    direct::{DirectEvent as Event, Granted},
    token::{RevocationCause, TokenEvent},
};

use super::{
    aggregate::{Aggregate, Decision},
    tokens::Tokens,
};

/// The state of one such grant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Direct {
    /// Whose it is.
    pub client_id: Option<ClientId>,
    /// The token phase.
    pub tokens: Tokens,
}

/// What may be asked of it.
#[derive(Debug, Clone)]
pub enum Command {
    /// Issue (RFC 6749 §4.4).
    Grant(Box<Granted>),
    /// Revoke one access token or all (RFC 7009).
    Revoke {
        /// One access token, or all.
        only: Option<Digest>,
        /// By whom.
        cause: RevocationCause,
    },
}

impl Aggregate for Direct {
    const CATEGORY: Category = Category::Direct;
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: &Command) -> Decision<Self> {
        match (&self.client_id, command) {
            (None, Command::Grant(granted)) => {
                Decision::record(Event::Granted((**granted).clone()))
            }
            (Some(_), Command::Revoke { only, cause }) => Decision::record_all(
                self.tokens.revoke(*only, *cause).into_iter().map(Event::Token).collect(),
            ),
            _ => Decision::refuse(Reason::OutOfOrder),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Granted(granted) => {
                self.client_id = Some(granted.client_id.clone());
                self.tokens.evolve(&TokenEvent::Issued(granted.tokens.clone()));
            }
            Event::Token(event) => self.tokens.evolve(event),
        }
    }

    fn client(&self) -> Option<&ClientId> {
        self.client_id.as_ref()
    }
}
