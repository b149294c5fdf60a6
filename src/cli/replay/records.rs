//! Slow-changing records: each event is a command taken literally.

use moneta_events::{
    Timestamp, client::ClientEvent, consent::ConsentEvent, factor::FactorEvent,
    keyring::KeyringEvent, session::SessionEvent, subject::SubjectEvent, username::UsernameEvent,
};

use super::rules::{Facts, Retold};
use crate::domain::{
    Aggregate,
    client::{self, Client},
    consent::{self, Consent},
    factors,
    journal::{Entry, Journal},
    keyring::{self, Keyring},
    session::{self, Session},
    subject::{self, Subject},
    username::{self, Username},
};

pub(super) fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

/// The state itself before the command of the only event.
fn literally<A: Aggregate>(
    state: &A,
    events: &[A::Event],
    command: impl FnOnce(&A::Event) -> Option<A::Command>,
) -> Option<(A, A::Command)> {
    let [event] = events else { return None };
    Some((state.clone(), command(event)?))
}

impl Retold for Session {
    fn retell(&self, events: &[SessionEvent], _: Timestamp) -> Option<(Self, session::Command)> {
        literally(self, events, |event| {
            Some(match event {
                SessionEvent::Started(started) => session::Command::Start(started.clone()),
                SessionEvent::Reauthenticated(with) => {
                    session::Command::Reauthenticate { subject: self.subject?, with: with.clone() }
                }
                SessionEvent::Ended(ended) => session::Command::End(ended.cause),
            })
        })
    }

    fn facts(&self) -> Facts {
        let subject = self.subject.map(|subject| ("subject", subject.to_string()));
        subject.into_iter().chain([("ended", yes_or_no(self.ended))]).collect()
    }
}

impl Retold for Subject {
    fn retell(&self, events: &[SubjectEvent], _: Timestamp) -> Option<(Self, subject::Command)> {
        literally(self, events, |event| {
            Some(match event {
                SubjectEvent::Registered(with) => subject::Command::Register(with.clone()),
                SubjectEvent::PasswordChanged(change) => {
                    subject::Command::ChangePassword(change.clone())
                }
                SubjectEvent::ClaimsChanged(change) => {
                    subject::Command::ChangeClaims(change.clone())
                }
                SubjectEvent::Disabled(_) => subject::Command::Disable,
                SubjectEvent::Enabled(_) => subject::Command::Enable,
                SubjectEvent::Factor(event) => subject::Command::Factor(factor(event)),
            })
        })
    }

    fn facts(&self) -> Facts {
        let state = [("registered", self.registered), ("disabled", self.disabled)];
        state.map(|(name, value)| (name, yes_or_no(value))).into_iter().collect()
    }
}

fn factor(event: &FactorEvent) -> factors::Command {
    match event {
        FactorEvent::PasskeyRegistered(new) => {
            factors::Command::RegisterPasskey(Box::new(new.clone()))
        }
        FactorEvent::PasskeyUsed(used) => factors::Command::UsePasskey(used.clone()),
        FactorEvent::PasskeyRemoved(gone) => factors::Command::RemovePasskey(gone.clone()),
        FactorEvent::TotpEnrolled(new) => factors::Command::EnrolTotp(new.clone()),
        FactorEvent::TotpUsed(used) => factors::Command::UseTotp(used.clone()),
        FactorEvent::TotpRemoved(_) => factors::Command::RemoveTotp,
        FactorEvent::FactorFailed(failed) => {
            factors::Command::Fail { factor: failed.factor, reason: failed.reason }
        }
    }
}

impl Retold for Username {
    fn retell(&self, events: &[UsernameEvent], _: Timestamp) -> Option<(Self, username::Command)> {
        literally(self, events, |event| {
            Some(match event {
                UsernameEvent::Claimed(claimed) => username::Command::Claim(claimed.subject),
                UsernameEvent::Released(_) => username::Command::Release(self.holder?),
            })
        })
    }

    fn facts(&self) -> Facts {
        let holder = self.holder.map_or_else(|| "nobody".to_owned(), |of| of.to_string());
        [("holder", holder)].into_iter().collect()
    }
}

impl Retold for Client {
    fn retell(&self, events: &[ClientEvent], _: Timestamp) -> Option<(Self, client::Command)> {
        let (event, warnings) = events.split_first()?;
        if !warnings.iter().all(|event| matches!(event, ClientEvent::WeaknessNoted(_))) {
            return None;
        }
        literally(self, std::slice::from_ref(event), |event| {
            Some(match event {
                ClientEvent::Registered(with) => client::Command::Register(with.clone()),
                ClientEvent::Updated(to) => client::Command::Update(Box::new(to.metadata.clone())),
                ClientEvent::SecretRotated(to) => client::Command::RotateSecret(to.clone()),
                ClientEvent::Disabled(_) => client::Command::Disable,
                ClientEvent::Enabled(_) => client::Command::Enable,
                ClientEvent::Deleted(_) => client::Command::Delete,
                ClientEvent::WeaknessNoted(_) => return None,
            })
        })
    }

    fn facts(&self) -> Facts {
        let id = self.metadata.as_ref().map(|metadata| ("client", metadata.client_id.to_string()));
        let state = [("disabled", yes_or_no(self.disabled)), ("deleted", yes_or_no(self.deleted))];
        id.into_iter().chain(state).collect()
    }
}

impl Retold for Consent {
    fn retell(&self, events: &[ConsentEvent], _: Timestamp) -> Option<(Self, consent::Command)> {
        literally(self, events, |event| {
            Some(match event {
                ConsentEvent::Granted(granted) => consent::Command::Grant {
                    subject: granted.subject,
                    client_id: granted.client_id.clone(),
                    scope: granted.scope.clone(),
                },
                ConsentEvent::Withdrawn(_) => consent::Command::Withdraw,
            })
        })
    }

    fn facts(&self) -> Facts {
        [("scope", self.scope.to_string())].into_iter().collect()
    }
}

impl Retold for Keyring {
    fn retell(&self, events: &[KeyringEvent], at: Timestamp) -> Option<(Self, keyring::Command)> {
        let command = match events {
            [KeyringEvent::Generated(key), KeyringEvent::Activated(activated)] => {
                let published_until = activated.replaces.as_ref().map(|old| old.published_until);
                keyring::Command::Rotate {
                    key: key.clone(),
                    published_until: published_until.unwrap_or(at),
                }
            }
            [KeyringEvent::Retired(_), ..] => keyring::Command::Retire(at),
            _ => return None,
        };
        Some((self.clone(), command))
    }

    fn facts(&self) -> Facts {
        let keys: Vec<_> = self.states().map(|(kid, state)| format!("{kid} {state}")).collect();
        [("keys", keys.join(", "))].into_iter().collect()
    }
}

impl<E: Entry> Retold for Journal<E> {
    fn retell(&self, events: &[E], _: Timestamp) -> Option<(Self, E)> {
        literally(self, events, |entry| Some(entry.clone()))
    }

    fn facts(&self) -> Facts {
        Facts::default()
    }
}
