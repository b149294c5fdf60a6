//! A sentence for every event there is. Each `match` names every variant, so that a new event cannot be
//! forgotten. Only what the provider itself chose or checked is quoted; sealed fields and free text of
//! strangers (`nonce`, `acr_values`, languages) are not.

use moneta_events::{
    Scope, Timestamp,
    client::{ClientEvent, ClientMetadata},
    configuration::ConfigurationEvent,
    consent::ConsentEvent,
    direct::DirectEvent,
    incident::IncidentEvent,
    keyring::KeyringEvent,
    session::{SessionEnd, SessionEvent},
    subject::SubjectEvent,
    token::{AccessTokenFormat, Issued, RevocationCause, TokenEvent},
    transaction::{
        Authenticated, AuthenticationMethod, CodeChallengeMethod, ConsentBasis, Consented,
        ExpiredPhase, Prompt, Requested, ResponseMode, TransactionEvent,
    },
    username::UsernameEvent,
};

use super::{Describe, factors};

mod approval;

impl Describe for TransactionEvent {
    fn sentence(&self, at: Timestamp) -> String {
        match self {
            Self::Requested(request) => requested(request, at),
            Self::AuthenticationFailed(failed) => {
                format!("Sign-in attempt {} failed.", failed.attempt)
            }
            Self::FactorVerified(verified) => factors::verified(verified),
            Self::Authenticated(authenticated) => self::authenticated(authenticated),
            Self::Consented(consented) => self::consented(consented),
            Self::Denied(_) => "The end-user said no.".to_owned(),
            Self::Refused(refused) => {
                format!(
                    "The provider refused and told client {} {} at {}.",
                    refused.client_id, refused.error, refused.redirect_uri
                )
            }
            Self::Expired(expired) => format!(
                "Nobody finished it in time; it was waiting for {}.",
                match expired.phase {
                    ExpiredPhase::Login => "the end-user to sign in",
                    ExpiredPhase::Consent => "the end-user's consent",
                    ExpiredPhase::Code => "the client to redeem the code",
                }
            ),
            Self::CodeIssued(issued) => {
                format!("A code was sent to the client, good {}.", span(at, issued.expires_at))
            }
            Self::CodeRefused(refused) => {
                format!("Attempt {} to redeem the code was refused.", refused.attempt)
            }
            Self::CodeExchanged(exchanged) => format!(
                "The client redeemed the code{}.",
                if exchanged.pkce {
                    " and proved with its PKCE verifier that it had asked"
                } else {
                    ""
                }
            ),
            Self::CodeReplayed(_) => {
                "The code came back after it had been used; what it bought is revoked.".to_owned()
            }
            Self::Token(event) => event.sentence(at),
        }
    }
}

impl Describe for TokenEvent {
    fn sentence(&self, at: Timestamp) -> String {
        match self {
            Self::Issued(issued) => format!("The client got {}.", tokens(issued, at)),
            Self::Rotated(issued) => format!(
                "The client used its refresh token (refresh {}) and got {}.",
                issued.generation,
                tokens(issued, at)
            ),
            Self::RefreshRefused(refused) => {
                format!(
                    "A refresh with the token of generation {} was refused.",
                    refused.generation
                )
            }
            Self::Replayed(replayed) => format!(
                "The refresh token of generation {} came back after it had been used; all tokens of the grant are revoked.",
                replayed.generation
            ),
            Self::AccessTokenRevoked(_) => "One access token was revoked.".to_owned(),
            Self::Revoked(revoked) => format!(
                "All tokens of the grant were revoked, because {}.",
                match revoked.cause {
                    RevocationCause::Client => "the client asked for it",
                    RevocationCause::CodeReplayed => "its code was used twice",
                    RevocationCause::RefreshTokenReplayed => "a refresh token was used twice",
                    RevocationCause::Operator => "an operator did it",
                    RevocationCause::User => "the end-user withdrew it",
                }
            ),
        }
    }
}

impl Describe for DirectEvent {
    fn sentence(&self, at: Timestamp) -> String {
        match self {
            Self::Granted(granted) => format!(
                "Client {} got {} for itself by {}.",
                granted.client_id,
                tokens(&granted.tokens, at),
                granted.grant_type
            ),
            Self::Token(event) => event.sentence(at),
        }
    }
}

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

fn requested(request: &Requested, at: Timestamp) -> String {
    let prompt: Vec<&str> = request.prompt.iter().map(|value| prompt(*value)).collect();
    format!(
        "Client {} asked for {} with response_type {}, to be answered {} {}, {}{}; open {}.",
        request.client_id,
        scope(&request.scope),
        request.response_type,
        match request.response_mode {
            ResponseMode::Query => "in the query of",
            ResponseMode::Fragment => "in the fragment of",
            ResponseMode::FormPost => "with a form posted to",
        },
        request.redirect_uri,
        match request.code_challenge.as_ref().map(|challenge| challenge.method) {
            Some(CodeChallengeMethod::S256) => "with PKCE (S256)",
            Some(CodeChallengeMethod::Plain) => "with PKCE (plain)",
            None => "without PKCE",
        },
        if prompt.is_empty() { String::new() } else { format!(", prompt {}", prompt.join(" ")) },
        span(at, request.expires_at)
    )
}

fn prompt(value: Prompt) -> &'static str {
    match value {
        Prompt::None => "none",
        Prompt::Login => "login",
        Prompt::Consent => "consent",
        Prompt::SelectAccount => "select_account",
    }
}

fn authenticated(authenticated: &Authenticated) -> String {
    let methods = methods(&authenticated.acr, &authenticated.amr);
    match authenticated.method {
        AuthenticationMethod::Password | AuthenticationMethod::Passkey => {
            format!("End-user {} signed in ({methods}).", authenticated.subject)
        }
        AuthenticationMethod::Session => format!(
            "End-user {} was still signed in, since {} ({methods}).",
            authenticated.subject, authenticated.auth_time
        ),
    }
}

fn consented(consented: &Consented) -> String {
    let scope = &consented.scope;
    match consented.basis {
        ConsentBasis::Asked => format!("The end-user was asked and allowed {scope}."),
        ConsentBasis::Remembered => format!("The end-user had allowed {scope} before."),
        ConsentBasis::Configured => {
            format!("The client need not ask, by its configuration; {scope} is allowed.")
        }
    }
}

fn tokens(issued: &Issued, at: Timestamp) -> String {
    let access = &issued.access_token;
    let form = match access.format {
        AccessTokenFormat::Opaque => "an opaque",
        AccessTokenFormat::Jwt => "a JWT",
    };
    let access_token = Some(format!(
        "{form} access token for {}, good {}",
        scope(&access.scope),
        span(at, access.expires_at)
    ));
    let refresh_token = issued
        .refresh_token
        .as_ref()
        .map(|token| format!("a refresh token, good {}", span(at, token.expires_at)));
    let id_token = issued
        .id_token
        .as_ref()
        .map(|token| format!("an ID Token signed with {} key {}", token.alg, token.kid));
    [access_token, refresh_token, id_token].into_iter().flatten().collect::<Vec<_>>().join("; ")
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
