//! The provider's signing keys: at any time one active key per algorithm, and those before it published
//! until their last token has expired.

use std::collections::BTreeMap;

use moneta_events::{
    Category, Reason, Timestamp,
    keyring::{Activated, Generated, KeyringEvent as Event, Replaced, Retired},
};

use super::aggregate::{Aggregate, Decision};

/// The state of the keyring.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Keyring {
    keys: BTreeMap<String, Key>,
}

#[derive(Debug, Clone, PartialEq)]
struct Key {
    alg: String,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Next,
    Active,
    Retiring(Timestamp),
    Retired,
}

/// What may be asked of it.
#[derive(Debug, Clone)]
pub enum Command {
    /// Publish a new key and sign with it from now on. The key before it stays published until then.
    Rotate {
        /// The new key.
        key: Generated,
        /// Until when the key before it stays published.
        published_until: Timestamp,
    },
    /// Stop publishing what has had its time.
    Retire(Timestamp),
}

impl Aggregate for Keyring {
    const CATEGORY: Category = Category::Keyring;
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: &Command) -> Decision<Self> {
        match command {
            Command::Rotate { key, .. } if self.keys.contains_key(&key.kid) => {
                Decision::refuse(Reason::OutOfOrder)
            }
            Command::Rotate { key, published_until } => {
                let replaces = self
                    .active(&key.alg)
                    .map(|kid| Replaced { kid: kid.to_owned(), published_until: *published_until });
                let (kid, alg) = (key.kid.clone(), key.alg.clone());
                Decision::record_all(vec![
                    Event::Generated(key.clone()),
                    Event::Activated(Activated { kid, alg, replaces }),
                ])
            }
            Command::Retire(now) => Decision::record_all(
                self.keys
                    .iter()
                    .filter(|(_, key)| matches!(key.state, State::Retiring(until) if until <= *now))
                    .map(|(kid, _)| Event::Retired(Retired { kid: kid.clone() }))
                    .collect(),
            ),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Generated(key) => {
                let alg = key.alg.clone();
                self.keys.insert(key.kid.clone(), Key { alg, state: State::Next });
            }
            Event::Activated(activated) => {
                self.set(&activated.kid, State::Active);
                if let Some(old) = &activated.replaces {
                    self.set(&old.kid, State::Retiring(old.published_until));
                }
            }
            Event::Retired(retired) => self.set(&retired.kid, State::Retired),
        }
    }
}

impl Keyring {
    /// Every key there ever was with the word for where it stands, by `kid`.
    pub fn states(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.keys.iter().map(|(kid, key)| {
            let word = match key.state {
                State::Next => "next",
                State::Active => "active",
                State::Retiring(_) => "retiring",
                State::Retired => "retired",
            };
            (kid.as_str(), word)
        })
    }

    fn active(&self, alg: &str) -> Option<&str> {
        self.keys
            .iter()
            .find(|(_, key)| key.alg == alg && key.state == State::Active)
            .map(|(kid, _)| kid.as_str())
    }

    fn set(&mut self, kid: &str, state: State) {
        if let Some(key) = self.keys.get_mut(kid) {
            key.state = state;
        }
    }
}
