//! What has this end-user allowed this client for good?

use moneta_events::{Category, Scope, consent::ConsentEvent};

use crate::{Facts, View};

/// The remembered consent of one subject to one client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsentView {
    /// All that is allowed; `None` where nothing is remembered.
    pub scope: Option<Scope>,
}

impl ConsentView {
    /// Whether all of `requested` is allowed already.
    pub fn covers(&self, requested: &Scope) -> bool {
        self.scope.as_ref().is_some_and(|allowed| requested.is_subset_of(allowed))
    }
}

impl View for ConsentView {
    const CATEGORY: Category = Category::Consent;
    type Event = ConsentEvent;

    fn apply(&mut self, _: &Facts, event: &ConsentEvent) {
        self.scope = match event {
            ConsentEvent::Granted(granted) => Some(granted.scope.clone()),
            ConsentEvent::Withdrawn(_) => None,
        };
    }
}
