//! What each browser tried. In memory, bounded, and gone when the server stops.

use std::{
    collections::VecDeque,
    ops::{Deref, DerefMut},
    sync::{Mutex, PoisonError},
};

use moneta_events::StreamId;

use super::{flow::Flow, seen::Seen};

/// Browsers remembered; the one that came back longest ago is forgotten first.
const SESSIONS: usize = 200;
/// Attempts of one browser; the oldest is forgotten first.
const ATTEMPTS: usize = 20;

/// Who tried what.
#[derive(Default)]
pub(super) struct Sessions(Mutex<VecDeque<(String, VecDeque<Attempt>)>>);

/// One run of a flow, as the client knows it.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// Names it in addresses.
    pub(super) id: String,
    pub(super) flow: &'static Flow,
    /// How far the log had come then.
    pub(super) position: u64,
    /// What the answer must carry; taken by the first one that does.
    pub(super) state: Option<String>,
    pub(super) nonce: String,
    pub(super) verifier: String,
    pub(super) code: Option<String>,
    pub(super) tokens: Tokens,
    /// What the provider has it on record by.
    pub(super) transaction: Option<StreamId>,
    pub(super) ending: Ending,
    /// What came, in order.
    pub(super) seen: Vec<Seen>,
    /// Whether a step is being taken.
    pub(super) busy: bool,
}

/// An attempt while a step is taken. Kept when it is dropped, however the step ended.
pub(super) struct Held<'a> {
    sessions: &'a Sessions,
    visitor: &'a str,
    attempt: Attempt,
}

impl Deref for Held<'_> {
    type Target = Attempt;

    fn deref(&self) -> &Attempt {
        &self.attempt
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Attempt {
        &mut self.attempt
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.attempt.busy = false;
        self.sessions.with(self.visitor, |attempts| {
            if let Some(own) = attempts.iter_mut().find(|own| own.id == self.attempt.id) {
                own.clone_from(&self.attempt);
            }
        });
    }
}

/// The tokens the client has.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens {
    pub(super) access: Option<String>,
    pub(super) refresh: Option<String>,
}

/// How the last step ended.
#[derive(Debug, Clone, Default)]
pub(super) struct Ending {
    pub(super) success: bool,
    pub(super) heading: String,
    pub(super) summary: String,
}

impl Ending {
    pub(super) fn good(heading: impl Into<String>, summary: impl Into<String>) -> Self {
        Self { success: true, heading: heading.into(), summary: summary.into() }
    }

    pub(super) fn bad(heading: impl Into<String>, summary: impl Into<String>) -> Self {
        Self { success: false, heading: heading.into(), summary: summary.into() }
    }
}

impl Sessions {
    /// Remembers a new attempt.
    pub(super) fn add(&self, visitor: &str, attempt: Attempt) {
        self.with(visitor, |attempts| {
            if attempts.len() == ATTEMPTS {
                attempts.pop_front();
            }
            attempts.push_back(attempt);
        });
    }

    /// The attempt of that name.
    pub(super) fn find(&self, visitor: &str, id: &str) -> Option<Attempt> {
        self.with(visitor, |attempts| attempts.iter().find(|own| own.id == id).cloned())
    }

    /// Takes an attempt for its next step; `None` where there is none or its step before is still running.
    /// A button that is pressed twice does one thing: a refresh token that is used twice is a theft.
    pub(super) fn hold<'a>(&'a self, visitor: &'a str, id: &str) -> Option<Held<'a>> {
        self.take(visitor, |own| own.id == id)
    }

    /// The attempt that sent `state`, once: whoever comes second with it comes too late.
    pub(super) fn answered<'a>(&'a self, visitor: &'a str, state: &str) -> Option<Held<'a>> {
        let mut held = self.take(visitor, |own| own.state.as_deref() == Some(state))?;
        held.state = None;
        Some(held)
    }

    fn take<'a>(&'a self, visitor: &'a str, is_it: impl Fn(&Attempt) -> bool) -> Option<Held<'a>> {
        let attempt = self.with(visitor, |attempts| {
            let own = attempts.iter_mut().find(|own| is_it(own) && !own.busy)?;
            own.busy = true;
            Some(own.clone())
        })?;
        Some(Held { sessions: self, visitor, attempt })
    }

    fn with<R>(&self, visitor: &str, act: impl FnOnce(&mut VecDeque<Attempt>) -> R) -> R {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = sessions.iter().position(|(key, _)| key == visitor);
        let (key, mut attempts) = at
            .and_then(|at| sessions.remove(at))
            .unwrap_or_else(|| (visitor.to_owned(), VecDeque::new()));
        let acted = act(&mut attempts);
        if !attempts.is_empty() {
            if sessions.len() == SESSIONS {
                sessions.pop_front();
            }
            sessions.push_back((key, attempts));
        }
        acted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::playground::flow::FLOWS;

    fn attempt(id: usize) -> Attempt {
        Attempt {
            id: id.to_string(),
            flow: &FLOWS[0],
            position: 0,
            state: Some(format!("state-{id}")),
            nonce: String::new(),
            verifier: String::new(),
            code: None,
            tokens: Tokens::default(),
            transaction: None,
            ending: Ending::default(),
            seen: Vec::new(),
            busy: false,
        }
    }

    #[test]
    fn an_answer_is_taken_once_and_by_the_browser_that_asked() {
        let sessions = Sessions::default();
        sessions.add("one", attempt(1));
        assert!(sessions.answered("other", "state-1").is_none());
        assert!(sessions.answered("one", "state-2").is_none());
        assert_eq!(sessions.answered("one", "state-1").unwrap().id, "1");
        assert!(sessions.answered("one", "state-1").is_none());
    }

    #[test]
    fn one_step_is_taken_at_a_time_and_kept() {
        let sessions = Sessions::default();
        sessions.add("one", attempt(1));
        let mut held = sessions.hold("one", "1").unwrap();
        assert!(sessions.hold("one", "1").is_none());
        assert!(sessions.answered("one", "state-1").is_none());
        held.code = Some("code".to_owned());
        drop(held);
        assert_eq!(sessions.hold("one", "1").unwrap().code.as_deref(), Some("code"));
        assert_eq!(sessions.find("one", "1").unwrap().code.as_deref(), Some("code"));
        assert!(sessions.find("other", "1").is_none());
    }

    #[test]
    fn neither_browsers_nor_attempts_pile_up() {
        let sessions = Sessions::default();
        for id in 0..ATTEMPTS + 5 {
            sessions.add("one", attempt(id));
        }
        assert!(sessions.find("one", "4").is_none() && sessions.find("one", "5").is_some());
        for visitor in 0..SESSIONS {
            sessions.add(&format!("visitor-{visitor}"), attempt(0));
            assert!(sessions.find("never", "0").is_none());
        }
        assert_eq!(sessions.0.lock().unwrap().len(), SESSIONS);
        assert!(sessions.find("one", "5").is_none());
    }
}
