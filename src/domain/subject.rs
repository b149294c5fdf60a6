//! One end-user of the built-in directory.
//!
//! ```text
//! Absent -> Enabled <-> Disabled
//! ```

use moneta_events::{
    Category, Reason,
    subject::{
        ClaimsChanged, Disabled, Enabled, PasswordChanged, Registered, SubjectEvent as Event,
    },
};

use super::{
    aggregate::{Aggregate, Decision},
    factors::{self, Factors},
};

/// The state of one end-user.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subject {
    /// Whether they exist.
    pub registered: bool,
    /// Whether they may not sign in.
    pub disabled: bool,
    /// What they have beside the password.
    pub factors: Factors,
}

/// What may be asked of it.
#[derive(Debug, Clone)]
pub enum Command {
    /// Register them.
    Register(Registered),
    /// Set the password.
    ChangePassword(PasswordChanged),
    /// Set the claims.
    ChangeClaims(ClaimsChanged),
    /// Let them no longer sign in.
    Disable,
    /// Let them sign in again.
    Enable,
    /// Something about their further factors.
    Factor(factors::Command),
}

impl Aggregate for Subject {
    const CATEGORY: Category = Category::Subject;
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: &Command) -> Decision<Self> {
        match (self.registered, command) {
            (false, Command::Register(with)) => Decision::record(Event::Registered(with.clone())),
            (true, Command::ChangePassword(change)) => {
                Decision::record(Event::PasswordChanged(change.clone()))
            }
            (true, Command::ChangeClaims(change)) => {
                Decision::record(Event::ClaimsChanged(change.clone()))
            }
            (true, Command::Disable) if self.disabled => Decision::nothing_to_do(),
            (true, Command::Disable) => Decision::record(Event::Disabled(Disabled {})),
            (true, Command::Enable) if !self.disabled => Decision::nothing_to_do(),
            (true, Command::Enable) => Decision::record(Event::Enabled(Enabled {})),
            // Nothing is taken from those who may not sign in; what they have can be taken away.
            (
                true,
                Command::Factor(
                    factors::Command::RegisterPasskey(_)
                    | factors::Command::UsePasskey(_)
                    | factors::Command::EnrolTotp(_)
                    | factors::Command::UseTotp(_),
                ),
            ) if self.disabled => Decision::refuse(Reason::UserDisabled),
            (true, Command::Factor(command)) => match self.factors.decide(command) {
                Ok(event) => Decision::record_all(event.map(Event::Factor).into_iter().collect()),
                Err(reason) => Decision::refuse(reason),
            },
            (true, Command::Register(_)) => Decision::refuse(Reason::OutOfOrder),
            (false, _) => Decision::refuse(Reason::UserUnknown),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Registered(_) => self.registered = true,
            Event::Disabled(_) => self.disabled = true,
            Event::Enabled(_) => self.disabled = false,
            Event::PasswordChanged(_) | Event::ClaimsChanged(_) => {}
            Event::Factor(event) => self.factors.evolve(event),
        }
    }
}
