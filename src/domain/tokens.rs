//! The token phase that every grant embeds: one family of generations.
//!
//! ```text
//! none -> generation 0 -> generation 1 -> … -> revoked
//! ```
//!
//! An access token of the authorization endpoint is of the family too, before generation 0 or without one.

use moneta_events::{
    ClientId, Digest, Reason, Scope, Timestamp,
    token::{
        AccessTokenRevoked, Issued, RefreshRefused, RefreshToken, Replayed, RevocationCause,
        Revoked, TokenEvent,
    },
};

/// Refusals of one family that go on record; further ones are answered and not recorded, so that nobody
/// can grow a stream.
const RECORDED_REFUSALS: u32 = 10;
/// Generations of one family; then the end-user has to sign in again. With two events a generation, a
/// stream never fills up so far that a revocation has no room in it.
const GENERATIONS: u32 = 30_000;

/// The tokens of one grant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tokens {
    /// The current generation, and its refresh token.
    pub current: Option<Generation>,
    /// What ended the family.
    pub revoked: Option<RevocationCause>,
    /// Whether an access token went out before generation 0, from the authorization endpoint.
    pub front_channel: bool,
    refusals: u32,
    /// Access tokens that were revoked by themselves.
    revoked_alone: Vec<Digest>,
}

/// One generation.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// Its number, from 0.
    pub number: u32,
    /// The digest of its access token, unless that was revoked by itself.
    pub access_token: Option<Digest>,
    /// Its refresh token.
    pub refresh_token: Option<RefreshToken>,
}

/// Use a refresh token (RFC 6749 §6).
#[derive(Debug, Clone, PartialEq)]
pub struct Refresh {
    /// Generation of the token presented, from its handle.
    pub generation: u32,
    /// Its digest.
    pub digest: Digest,
    /// The authenticated client.
    pub client_id: ClientId,
    /// Whether user, client and session still allow it.
    pub gate: Result<(), Reason>,
    /// What to issue.
    pub issued: Issued,
    /// When.
    pub now: Timestamp,
}

/// The events and the verdict of the token phase; the grant wraps them.
pub type TokenDecision = (Vec<TokenEvent>, Result<(), Reason>);

impl Tokens {
    /// Rotates the refresh token. `client_id` is whose grant it is, `granted` all that it allows.
    pub fn refresh(
        &self,
        refresh: &Refresh,
        client_id: &ClientId,
        granted: &Scope,
    ) -> TokenDecision {
        let Some(current) = &self.current else {
            return (Vec::new(), Err(Reason::RefreshTokenUnknown));
        };
        if refresh.client_id != *client_id {
            return self.refuse(refresh, Reason::RefreshTokenClientMismatch);
        }
        if self.revoked.is_some() {
            return (Vec::new(), Err(Reason::GrantRevoked));
        }
        if refresh.generation < current.number {
            let events = vec![
                TokenEvent::Replayed(Replayed { generation: refresh.generation }),
                TokenEvent::Revoked(Revoked { cause: RevocationCause::RefreshTokenReplayed }),
            ];
            return (events, Err(Reason::RefreshTokenReplayed));
        }
        let Some(token) =
            current.refresh_token.as_ref().filter(|token| token.digest == refresh.digest)
        else {
            return (Vec::new(), Err(Reason::RefreshTokenUnknown));
        };
        if token.expires_at <= refresh.now {
            return self.refuse(refresh, Reason::RefreshTokenExpired);
        }
        if let Err(reason) = refresh.gate {
            return self.refuse(refresh, reason);
        }
        if !refresh.issued.access_token.scope.is_subset_of(granted) {
            return self.refuse(refresh, Reason::ScopeExceedsGrant);
        }
        if refresh.issued.generation != current.number + 1 {
            return (Vec::new(), Err(Reason::OutOfOrder));
        }
        if current.number >= GENERATIONS {
            return self.refuse(refresh, Reason::StreamFull);
        }
        (vec![TokenEvent::Rotated(refresh.issued.clone())], Ok(()))
    }

    /// Revokes one access token, or with `None` the whole family. Nothing to do where that is so already
    /// (RFC 7009 §2.2).
    pub fn revoke(&self, only: Option<Digest>, cause: RevocationCause) -> Vec<TokenEvent> {
        if self.revoked.is_some() || !self.are_issued() {
            return Vec::new();
        }
        match only {
            Some(digest) if self.revoked_alone.contains(&digest) => Vec::new(),
            Some(digest) => vec![TokenEvent::AccessTokenRevoked(AccessTokenRevoked { digest })],
            None => vec![TokenEvent::Revoked(Revoked { cause })],
        }
    }

    /// Whether there are any.
    pub const fn are_issued(&self) -> bool {
        self.front_channel || self.current.is_some()
    }

    fn refuse(&self, refresh: &Refresh, reason: Reason) -> TokenDecision {
        let events = if self.refusals < RECORDED_REFUSALS {
            let generation = refresh.generation;
            vec![TokenEvent::RefreshRefused(RefreshRefused { reason, generation })]
        } else {
            Vec::new()
        };
        (events, Err(reason))
    }

    /// Whether the order that recorded this event was carried out.
    pub const fn verdict(event: &TokenEvent) -> Result<(), Reason> {
        match event {
            TokenEvent::RefreshRefused(refused) => Err(refused.reason),
            TokenEvent::Replayed(_) => Err(Reason::RefreshTokenReplayed),
            TokenEvent::Issued(_)
            | TokenEvent::Rotated(_)
            | TokenEvent::AccessTokenRevoked(_)
            | TokenEvent::Revoked(_) => Ok(()),
        }
    }

    /// Takes in an event of the token phase.
    pub fn evolve(&mut self, event: &TokenEvent) {
        match event {
            TokenEvent::Issued(issued) | TokenEvent::Rotated(issued) => {
                self.current = Some(Generation {
                    number: issued.generation,
                    access_token: Some(issued.access_token.digest),
                    refresh_token: issued.refresh_token.clone(),
                });
            }
            TokenEvent::RefreshRefused(_) => self.refusals += 1,
            TokenEvent::Replayed(_) => {}
            TokenEvent::AccessTokenRevoked(revoked) => {
                self.revoked_alone.push(revoked.digest);
                if let Some(current) = &mut self.current
                    && current.access_token == Some(revoked.digest)
                {
                    current.access_token = None;
                }
            }
            TokenEvent::Revoked(revoked) => self.revoked = Some(revoked.cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use moneta_events::token::{AccessToken, AccessTokenFormat};

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn digest(kind: &str, generation: u32) -> Digest {
        Digest::of(&[kind.as_bytes(), &generation.to_be_bytes()])
    }

    fn issued(generation: u32) -> Issued {
        Issued {
            generation,
            access_token: AccessToken {
                digest: digest("access", generation),
                format: AccessTokenFormat::Opaque,
                scope: Scope::parse("openid"),
                audience: Vec::new(),
                expires_at: NOW.plus_seconds(600),
            },
            refresh_token: Some(RefreshToken {
                digest: digest("refresh", generation),
                expires_at: NOW.plus_seconds(3_600),
            }),
            id_token: None,
        }
    }

    fn family(generation: u32) -> Tokens {
        let mut tokens = Tokens::default();
        tokens.evolve(&TokenEvent::Issued(issued(generation)));
        tokens
    }

    fn refresh(tokens: &mut Tokens, generation: u32) -> Result<(), Reason> {
        let refresh = Refresh {
            generation,
            digest: digest("refresh", generation),
            client_id: "web".into(),
            gate: Ok(()),
            issued: issued(generation + 1),
            now: NOW,
        };
        let (events, verdict) = tokens.refresh(&refresh, &"web".into(), &Scope::parse("openid"));
        events.iter().for_each(|event| tokens.evolve(event));
        verdict
    }

    fn revoke(tokens: &mut Tokens, only: Option<Digest>) -> usize {
        let events = tokens.revoke(only, RevocationCause::Client);
        events.iter().for_each(|event| tokens.evolve(event));
        events.len()
    }

    #[test]
    fn rfc7009_2_2_revoking_again_leaves_nothing_on_record() {
        let mut tokens = family(0);
        assert_eq!(refresh(&mut tokens, 0), Ok(()));
        for generation in [0, 1] {
            let only = Some(digest("access", generation));
            assert_eq!(revoke(&mut tokens, only), 1, "generation {generation}");
            assert_eq!(revoke(&mut tokens, only), 0, "generation {generation} again");
        }
        assert_eq!(revoke(&mut tokens, None), 1);
        assert_eq!(revoke(&mut tokens, None), 0);
        assert_eq!(revoke(&mut tokens, Some(digest("access", 1))), 0);
    }

    #[test]
    fn a_family_ends_while_there_is_room_to_revoke_it() {
        let mut tokens = family(GENERATIONS - 1);
        assert_eq!(refresh(&mut tokens, GENERATIONS - 1), Ok(()));
        assert_eq!(refresh(&mut tokens, GENERATIONS), Err(Reason::StreamFull));
        assert_eq!(revoke(&mut tokens, None), 1);
    }

    #[test]
    fn refusals_on_record_are_few() {
        let mut tokens = family(0);
        let mut foreign = Refresh {
            generation: 0,
            digest: digest("refresh", 0),
            client_id: "mallory".into(),
            gate: Ok(()),
            issued: issued(1),
            now: NOW,
        };
        let mut recorded = 0;
        for _ in 0..50 {
            let (events, verdict) =
                tokens.refresh(&foreign, &"web".into(), &Scope::parse("openid"));
            assert_eq!(verdict, Err(Reason::RefreshTokenClientMismatch));
            events.iter().for_each(|event| tokens.evolve(event));
            recorded += events.len();
        }
        assert_eq!(recorded, 10);
        foreign.client_id = "web".into();
        let (_, verdict) = tokens.refresh(&foreign, &"web".into(), &Scope::parse("openid"));
        assert_eq!(verdict, Ok(()), "what others try does not hurt the owner");
    }
}
