//! A reserved username: the store lets one subject have it.

use moneta_events::{
    Category, Reason, SubjectId,
    username::{Claimed, Released, UsernameEvent as Event},
};

use super::aggregate::{Aggregate, Decision};

/// Who holds the name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Username {
    /// The holder.
    pub holder: Option<SubjectId>,
}

/// What may be asked of it.
#[derive(Debug, Clone)]
pub enum Command {
    /// Take it.
    Claim(SubjectId),
    /// Give it back.
    Release(SubjectId),
}

impl Aggregate for Username {
    const CATEGORY: Category = Category::Username;
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: &Command) -> Decision<Self> {
        match (self.holder, command) {
            (None, Command::Claim(subject)) => {
                Decision::record(Event::Claimed(Claimed { subject: *subject }))
            }
            (Some(holder), Command::Claim(subject)) if holder == *subject => {
                Decision::nothing_to_do()
            }
            (Some(holder), Command::Release(subject)) if holder == *subject => {
                Decision::record(Event::Released(Released {}))
            }
            _ => Decision::refuse(Reason::OutOfOrder),
        }
    }

    fn evolve(&mut self, event: &Event) {
        self.holder = match event {
            Event::Claimed(claimed) => Some(claimed.subject),
            Event::Released(_) => None,
        };
    }

    fn subject(&self) -> Option<SubjectId> {
        self.holder
    }
}
