//! Who signs in with this name?

use moneta_events::{Category, SubjectId, username::UsernameEvent};

use crate::{Facts, View};

/// One username.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UsernameView {
    /// The subject that has it; `None` where it is free.
    pub holder: Option<SubjectId>,
}

impl View for UsernameView {
    const CATEGORY: Category = Category::Username;
    type Event = UsernameEvent;

    fn apply(&mut self, _: &Facts, event: &UsernameEvent) {
        self.holder = match event {
            UsernameEvent::Claimed(claimed) => Some(claimed.subject),
            UsernameEvent::Released(_) => None,
        };
    }
}
