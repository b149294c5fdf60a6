//! Which keys sign, and which are published?

use moneta_events::{Category, Timestamp, keyring::KeyringEvent};

use crate::{Facts, View};

/// The provider's signing keys, oldest first; retired ones are gone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyringView {
    /// All of them.
    pub keys: Vec<Key>,
}

/// One key pair; the private half is in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its name in `kid` headers.
    pub kid: Box<str>,
    /// The algorithm it is for.
    pub alg: Box<str>,
    /// The public JWK (RFC 7517), as text.
    pub public_jwk: Box<str>,
    /// Where it stands in its life.
    pub state: KeyState,
}

/// The life of a key.
///
/// ```text
/// Next -> Active -> Retiring -> (gone)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that clients know it before it signs.
    Next,
    /// Signs.
    Active,
    /// Only verifies what it has signed.
    Retiring {
        /// No token it signed lives longer.
        published_until: Timestamp,
    },
}

impl KeyringView {
    /// The key that signs with `alg`.
    pub fn active(&self, alg: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.state == KeyState::Active && &*key.alg == alg)
    }

    /// The key that waits to sign with `alg`.
    pub fn next(&self, alg: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.state == KeyState::Next && &*key.alg == alg)
    }

    /// The keys the JWKS lists at `now` (OpenID Connect Core 1.0 §10.1.1).
    pub fn published(&self, now: Timestamp) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| match key.state {
            KeyState::Next | KeyState::Active => true,
            KeyState::Retiring { published_until } => now < published_until,
        })
    }

    fn set(&mut self, kid: &str, state: KeyState) {
        for key in self.keys.iter_mut().filter(|key| &*key.kid == kid) {
            key.state = state;
        }
    }
}

impl View for KeyringView {
    const CATEGORY: Category = Category::Keyring;
    type Event = KeyringEvent;

    fn apply(&mut self, _: &Facts, event: &KeyringEvent) {
        match event {
            KeyringEvent::Generated(generated) => self.keys.push(Key {
                kid: generated.kid.as_str().into(),
                alg: generated.alg.as_str().into(),
                public_jwk: generated.public_jwk.as_str().into(),
                state: KeyState::Next,
            }),
            KeyringEvent::Activated(activated) => {
                if let Some(old) = &activated.replaces {
                    let published_until = old.published_until;
                    self.set(&old.kid, KeyState::Retiring { published_until });
                }
                self.set(&activated.kid, KeyState::Active);
            }
            KeyringEvent::Retired(retired) => self.keys.retain(|key| *key.kid != *retired.kid),
        }
    }
}
