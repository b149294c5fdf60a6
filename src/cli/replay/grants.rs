//! The token phase, and grants that consist of nothing else.

use moneta_events::{
    ClientId, Digest, Reason, Scope, Timestamp,
    direct::DirectEvent,
    token::{AccessToken, AccessTokenFormat, Issued, RevocationCause, Revoked, TokenEvent},
};

use super::rules::{Facts, Retold};
use crate::domain::{
    direct::{Command, Direct},
    tokens::{Refresh, Tokens},
};

/// What may be asked of the tokens of a grant.
pub(super) enum TokenCommand {
    Refresh(Box<Refresh>),
    Revoke { only: Option<Digest>, cause: RevocationCause },
}

/// The command that events of the token phase came from.
pub(super) fn retell(
    tokens: &Tokens,
    client_id: &ClientId,
    events: &[&TokenEvent],
    at: Timestamp,
) -> Option<TokenCommand> {
    let refresh = |issued: Issued, gate| {
        let current = tokens.current.as_ref()?;
        Some(Box::new(Refresh {
            generation: current.number,
            digest: current.refresh_token.as_ref().map_or(Digest::ZERO, |token| token.digest),
            client_id: client_id.clone(),
            gate,
            issued,
            now: at,
        }))
    };
    Some(match events {
        [TokenEvent::Rotated(issued)] => TokenCommand::Refresh(refresh(issued.clone(), Ok(()))?),
        [TokenEvent::RefreshRefused(refused)] => {
            let issued = nothing(tokens.current.as_ref()?.number + 1);
            let mut refresh = refresh(issued, Ok(()))?;
            refresh.generation = refused.generation;
            match refused.reason {
                Reason::RefreshTokenClientMismatch => refresh.client_id = other_than(client_id),
                // By the time alone.
                Reason::RefreshTokenExpired => {}
                Reason::ScopeExceedsGrant => {
                    refresh.issued.access_token.scope = Scope::parse("\u{0} more than was granted");
                }
                reason => refresh.gate = Err(reason),
            }
            TokenCommand::Refresh(refresh)
        }
        [TokenEvent::Replayed(replayed), TokenEvent::Revoked(_)] => {
            let mut refresh = refresh(nothing(0), Ok(()))?;
            refresh.generation = replayed.generation;
            TokenCommand::Refresh(refresh)
        }
        [TokenEvent::AccessTokenRevoked(revoked)] => {
            let only = Some(revoked.digest);
            TokenCommand::Revoke { only, cause: RevocationCause::Client }
        }
        [TokenEvent::Revoked(Revoked { cause })] => {
            TokenCommand::Revoke { only: None, cause: *cause }
        }
        _ => return None,
    })
}

/// Tokens for a redemption that was refused: what would have been issued is not on record.
pub(super) fn nothing(generation: u32) -> Issued {
    Issued {
        generation,
        access_token: AccessToken {
            digest: Digest::ZERO,
            format: AccessTokenFormat::Opaque,
            scope: Scope::default(),
            audience: Vec::new(),
            expires_at: Timestamp::default(),
        },
        refresh_token: None,
        id_token: None,
    }
}

/// A client that is another one; which it was is in the envelope of an incident, not here.
pub(super) fn other_than(client_id: &ClientId) -> ClientId {
    ClientId::from(format!("other than {client_id}").as_str())
}

pub(super) fn facts(tokens: &Tokens) -> impl Iterator<Item = (&'static str, String)> {
    let current = tokens.current.as_ref().map(|current| {
        let access = if current.access_token.is_some() { "" } else { ", access token revoked" };
        let refresh = if current.refresh_token.is_some() { ", can be refreshed" } else { "" };
        ("tokens", format!("generation {}{access}{refresh}", current.number))
    });
    let revoked = tokens.revoked.map(|cause| ("revoked", word(cause)));
    let front = tokens.front_channel.then(|| ("front_channel", "access token".to_owned()));
    front.into_iter().chain(current).chain(revoked)
}

/// As it is written in events.
pub(super) fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(ToOwned::to_owned))
        .unwrap_or_default()
}

impl Retold for Direct {
    fn retell(&self, events: &[DirectEvent], at: Timestamp) -> Option<(Self, Command)> {
        let command = match events {
            [DirectEvent::Granted(granted)] => Command::Grant(Box::new(granted.clone())),
            [DirectEvent::Token(event)] => {
                match retell(&self.tokens, self.client_id.as_ref()?, &[event], at)? {
                    TokenCommand::Revoke { only, cause } => Command::Revoke { only, cause },
                    TokenCommand::Refresh(_) => return None,
                }
            }
            _ => return None,
        };
        Some((self.clone(), command))
    }

    fn facts(&self) -> Facts {
        let client = self.client_id.as_ref().map(|client_id| ("client", client_id.to_string()));
        client.into_iter().chain(facts(&self.tokens)).collect()
    }
}
