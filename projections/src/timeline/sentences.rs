//! A sentence for every event there is. Each `match` names every variant, so that a new event cannot be
//! forgotten. Only what the provider itself chose or checked is quoted; sealed fields and free text of
//! strangers (`nonce`, `acr_values`, languages) are not.

use moneta_events::{
    Scope, Timestamp,
    client::{ClientEvent, ClientMetadata, WeaknessNoted},
    configuration::ConfigurationEvent,
    consent::ConsentEvent,
    incident::IncidentEvent,
    keyring::KeyringEvent,
    session::{SessionEnd, SessionEvent},
    subject::SubjectEvent,
    username::UsernameEvent,
};

mod approval;
mod grants;

use super::Describe;

impl Describe for SessionEvent {
    fn sentence(&self, at: Timestamp) -> String {
        match self {
            Self::Started(started) => format!(
                "End-user {} signed in ({}) and got a session {}.",
                started.subject,
                methods(&started.acr, &started.amr),
                span(at, started.expires_at)
            ),
            Self::Reauthenticated(again) => format!(
                "The end-user signed in again ({}); the session was renewed {}.",
                methods(&again.acr, &again.amr),
                span(at, again.expires_at)
            ),
            Self::Ended(ended) => format!(
                "The session ended, because {}.",
                match ended.cause {
                    SessionEnd::SignedOut => "the end-user signed out",
                    SessionEnd::AccountSwitched => "somebody else signed in with the same browser",
                    SessionEnd::Operator => "an operator ended it",
                }
            ),
        }
    }
}

impl Describe for SubjectEvent {
    fn sentence(&self, at: Timestamp) -> String {
        match self {
            Self::Registered(registered) => format!(
                "The end-user was registered {} a password.",
                if registered.password.is_some() { "with" } else { "without" }
            ),
            Self::PasswordChanged(_) => "The end-user's password was set.".to_owned(),
            Self::ClaimsChanged(changed) => {
                format!("The end-user's claims were changed: {}.", list(&changed.changed))
            }
            Self::Disabled(_) => {
                "The end-user was disabled and may no longer sign in; their tokens stop working."
                    .to_owned()
            }
            Self::Enabled(_) => "The end-user was enabled and may sign in again.".to_owned(),
            Self::Factor(event) => event.sentence(at),
        }
    }
}

impl Describe for UsernameEvent {
    fn sentence(&self, _: Timestamp) -> String {
        match self {
            Self::Claimed(claimed) => {
                format!("The name was taken by end-user {}.", claimed.subject)
            }
            Self::Released(_) => "The name is free again.".to_owned(),
        }
    }
}

impl Describe for ClientEvent {
    fn sentence(&self, at: Timestamp) -> String {
        match self {
            Self::Registered(registered) => format!(
                "{} was registered {} a secret.",
                client(&registered.metadata),
                if registered.secret.is_some() { "with" } else { "without" }
            ),
            Self::Updated(updated) => format!(
                "The metadata of client {} were changed: {}.",
                updated.metadata.client_id,
                list(&updated.changed)
            ),
            Self::SecretRotated(rotated) => format!(
                "The client got a new secret; those before it work {}.",
                span(at, rotated.old_expire_at)
            ),
            Self::Disabled(_) => "The client was disabled and is refused everywhere.".to_owned(),
            Self::Enabled(_) => "The client was enabled and is served again.".to_owned(),
            Self::Deleted(_) => "The client was deleted.".to_owned(),
            Self::WeaknessNoted(WeaknessNoted { weakness }) => format!(
                "Warning, {}: {} ({}).",
                weakness.as_str(),
                weakness.sentence().trim_end_matches('.'),
                weakness.rule()
            ),
        }
    }
}

impl Describe for ConsentEvent {
    fn sentence(&self, _: Timestamp) -> String {
        match self {
            Self::Granted(granted) => format!(
                "End-user {} allows client {} for good: {}.",
                granted.subject, granted.client_id, granted.scope
            ),
            Self::Withdrawn(_) => "The remembered consent was withdrawn.".to_owned(),
        }
    }
}

impl Describe for KeyringEvent {
    fn sentence(&self, at: Timestamp) -> String {
        match self {
            Self::Generated(generated) => format!(
                "Key {} for {} was made and its public half is published.",
                generated.kid, generated.alg
            ),
            Self::Activated(activated) => match &activated.replaces {
                Some(old) => format!(
                    "Key {} signs {} from now on; {} stays published {}.",
                    activated.kid,
                    activated.alg,
                    old.kid,
                    span(at, old.published_until)
                ),
                None => format!("Key {} signs {} from now on.", activated.kid, activated.alg),
            },
            Self::Retired(retired) => format!("Key {} is no longer published.", retired.kid),
        }
    }
}

impl Describe for IncidentEvent {
    fn sentence(&self, _: Timestamp) -> String {
        match self {
            Self::Counted(counted) => format!(
                "{} request{} to {} {} refused between {} and {}.",
                counted.count,
                if counted.count == 1 { "" } else { "s" },
                counted.endpoint,
                if counted.count == 1 { "was" } else { "were" },
                counted.since,
                counted.until
            ),
        }
    }
}

impl Describe for ConfigurationEvent {
    fn sentence(&self, _: Timestamp) -> String {
        match self {
            Self::Loaded(loaded) => format!(
                "The node started with Moneta {} and configuration {}.",
                loaded.program, loaded.version
            ),
            Self::Stopped(_) => "The node stopped in order.".to_owned(),
        }
    }
}

fn scope(scope: &Scope) -> String {
    if scope.is_empty() { "no scope".to_owned() } else { scope.to_string() }
}

fn client(metadata: &ClientMetadata) -> String {
    format!(
        "{} client {}",
        if metadata.is_public() { "Public" } else { "Confidential" },
        metadata.client_id
    )
}

fn methods(acr: &str, amr: &[String]) -> String {
    format!("{}; {acr}", list(amr))
}

pub(super) fn list(words: &[String]) -> String {
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

/// How long from `at`, in the largest unit that fits.
fn span(at: Timestamp, until: Timestamp) -> String {
    let seconds = until.micros_since(at).max(0) / 1_000_000;
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("for {count} {unit}{}", if count == 1 { "" } else { "s" })
}
