//! Sentences for what happens to a grant and its tokens.

use moneta_events::{
    Timestamp,
    direct::DirectEvent,
    token::{AccessToken, AccessTokenFormat, IdToken, Issued, RevocationCause, TokenEvent},
    transaction::{
        Authenticated, AuthenticationMethod, CodeChallengeMethod, ConsentBasis, Consented,
        ExpiredPhase, Prompt, Requested, ResponseMode, TransactionEvent,
    },
};

use super::{methods, scope, span};
use crate::timeline::{Describe, factors};

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
            Self::FrontChannelIssued(issued) => {
                let access_token = issued.access_token.as_ref().map(|it| access_token(it, at));
                let id_token = issued.id_token.as_ref().map(id_token);
                format!("The client got, through the browser, {}.", join([access_token, id_token]))
            }
            Self::Answered(_) => {
                "The client was told that it is allowed, and asked for nothing more.".to_owned()
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
    let refresh_token = issued
        .refresh_token
        .as_ref()
        .map(|token| format!("a refresh token, good {}", span(at, token.expires_at)));
    let id_token = issued.id_token.as_ref().map(id_token);
    join([Some(access_token(&issued.access_token, at)), refresh_token, id_token])
}

fn access_token(token: &AccessToken, at: Timestamp) -> String {
    let form = match token.format {
        AccessTokenFormat::Opaque => "an opaque",
        AccessTokenFormat::Jwt => "a JWT",
    };
    let scope = scope(&token.scope);
    format!("{form} access token for {scope}, good {}", span(at, token.expires_at))
}

fn id_token(token: &IdToken) -> String {
    let claims = match token.claims.as_slice() {
        [] => String::new(),
        names => format!(" that says {}", names.join(", ")),
    };
    format!("an ID Token signed with {} key {}{claims}", token.alg, token.kid)
}

fn join<const N: usize>(tokens: [Option<String>; N]) -> String {
    tokens.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
