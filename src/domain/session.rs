//! A browser session of an end-user.
//!
//! ```text
//! Absent -> Live (reauthenticated any number of times) -> Ended
//! ```

use moneta_events::{
    Category, Reason, SubjectId,
    session::{Ended, Reauthenticated, SessionEnd, SessionEvent as Event, Started},
};

use super::aggregate::{Aggregate, Decision};

/// Times a session may be renewed by signing in again; then a new one starts.
const REAUTHENTICATIONS: u32 = 50;

/// The state of one session.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Session {
    /// Whose it is, from the start on.
    pub subject: Option<SubjectId>,
    /// Whether it is over.
    pub ended: bool,
    renewed: u32,
}

/// What may be asked of it.
#[derive(Debug, Clone)]
pub enum Command {
    /// Begin.
    Start(Started),
    /// The same end-user signed in again.
    Reauthenticate {
        /// Who signed in.
        subject: SubjectId,
        /// What is new.
        with: Reauthenticated,
    },
    /// End it.
    End(SessionEnd),
}

impl Aggregate for Session {
    const CATEGORY: Category = Category::Session;
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: &Command) -> Decision<Self> {
        match command {
            Command::Start(started) if self.subject.is_none() => {
                Decision::record(Event::Started(started.clone()))
            }
            Command::End(_) if self.ended => Decision::nothing_to_do(),
            Command::End(cause) if self.subject.is_some() => {
                Decision::record(Event::Ended(Ended { cause: *cause }))
            }
            _ if self.ended => Decision::refuse(Reason::SessionEnded),
            Command::Reauthenticate { subject, with } if self.subject == Some(*subject) => {
                if self.renewed >= REAUTHENTICATIONS {
                    return Decision::refuse(Reason::StreamFull);
                }
                Decision::record(Event::Reauthenticated(with.clone()))
            }
            _ => Decision::refuse(Reason::OutOfOrder),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Started(started) => self.subject = Some(started.subject),
            Event::Reauthenticated(_) => self.renewed += 1,
            Event::Ended(_) => self.ended = true,
        }
    }

    fn subject(&self) -> Option<SubjectId> {
        self.subject
    }
}
