//! Is this token active, for whom, for what (RFC 7662 §2.2)?
//!
//! All tokens of one grant are one family and live in one stream, so one fold answers for all of them.
//! A family takes about 200 bytes while one access and one refresh token live: what many grants have in
//! common is shared, and tokens that are over are dropped as the stream moves on.

use std::{
    collections::HashSet,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use moneta_events::{
    ClientId, Digest, Scope, StreamId, SubjectId, Timestamp,
    approval::ApprovalEvent,
    token::{self, AccessTokenFormat, Issued, TokenEvent},
};

mod families;

pub use families::{BackchannelFamily, DeviceFamily, DirectFamily, TransactionFamily};

use crate::Facts;

/// The tokens of one grant, as of its last event.
///
/// Whether session, subject and client still stand is not in this stream; the caller asks their views.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenFamily {
    terms: Option<Arc<Terms>>,
    subject: Option<SubjectId>,
    session: Option<StreamId>,
    auth_time: Timestamp,
    access_tokens: Vec<AccessToken>,
    refresh_token: Option<RefreshToken>,
    revoked: bool,
}

/// What a grant was made for. Grants of one client differ little in it, so equal terms are kept once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Terms {
    /// To whom.
    pub client_id: ClientId,
    /// What was granted; tokens may allow less.
    pub scope: Scope,
    /// The resource servers that were asked for; tokens may be for fewer.
    pub audience: Box<[String]>,
    /// The authentication context reached; empty without an end-user.
    pub acr: Box<str>,
    /// The methods used (RFC 8176); empty without an end-user.
    pub amr: Box<[String]>,
}

/// The end-user behind a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndUser {
    /// Who.
    pub subject: SubjectId,
    /// The browser session they allowed it in, where the grant is bound to one.
    pub session: Option<StreamId>,
    /// When they had authenticated (OpenID Connect Core 1.0 §2).
    pub auth_time: Timestamp,
}

/// An access token that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveToken<'a> {
    /// What its grant was made for.
    pub terms: &'a Terms,
    /// The end-user; `None` where a client acts for itself.
    pub end_user: Option<EndUser>,
    /// What it allows.
    pub scope: &'a Scope,
    /// The resource servers it is for.
    pub audience: &'a [String],
    /// How many refreshes went before it.
    pub generation: u32,
    /// Its form.
    pub format: AccessTokenFormat,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// From then on it is not active.
    pub expires_at: Timestamp,
}

/// A refresh token that works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActiveRefreshToken<'a> {
    /// What its grant was made for.
    pub terms: &'a Terms,
    /// The end-user.
    pub end_user: Option<EndUser>,
    /// How many refreshes went before it.
    pub generation: u32,
    /// From then on it cannot be used.
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct AccessToken {
    digest: Digest,
    issued_at: Timestamp,
    expires_at: Timestamp,
    generation: u32,
    format: AccessTokenFormat,
    /// Scope and audience, where they are not those of the terms.
    narrowed: Option<Box<(Scope, Box<[String]>)>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct RefreshToken {
    digest: Digest,
    expires_at: Timestamp,
    generation: u32,
}

impl TokenFamily {
    /// What the grant was made for; `None` where there is no grant.
    pub fn terms(&self) -> Option<&Terms> {
        self.terms.as_deref()
    }

    /// The end-user behind it, once they are known.
    pub fn end_user(&self) -> Option<EndUser> {
        let subject = self.subject?;
        Some(EndUser { subject, session: self.session, auth_time: self.auth_time })
    }

    /// Whether the grant outlives its session (OpenID Connect Core 1.0 §11).
    pub fn has_offline_access(&self) -> bool {
        self.terms().is_some_and(|terms| terms.scope.contains("offline_access"))
    }

    /// Whether nothing of the grant works any more.
    pub const fn is_revoked(&self) -> bool {
        self.revoked
    }

    /// The access token with this digest, where it is active at `now`.
    pub fn access_token(&self, digest: &Digest, now: Timestamp) -> Option<ActiveToken<'_>> {
        let terms = self.terms()?;
        let token = self
            .access_tokens
            .iter()
            .find(|token| token.digest == *digest && now < token.expires_at)?;
        let (scope, audience) = match &token.narrowed {
            Some(own) => (&own.0, &own.1),
            None => (&terms.scope, &terms.audience),
        };
        Some(ActiveToken {
            terms,
            end_user: self.end_user(),
            scope,
            audience,
            generation: token.generation,
            format: token.format,
            issued_at: token.issued_at,
            expires_at: token.expires_at,
        })
    }

    /// The refresh token with this digest, where it is the current one and can be used at `now`.
    pub fn refresh_token(&self, digest: &Digest, now: Timestamp) -> Option<ActiveRefreshToken<'_>> {
        let token = self
            .refresh_token
            .as_ref()
            .filter(|token| token.digest == *digest && now < token.expires_at)?;
        Some(ActiveRefreshToken {
            terms: self.terms()?,
            end_user: self.end_user(),
            generation: token.generation,
            expires_at: token.expires_at,
        })
    }

    /// Bytes of memory this family takes, for caches that weigh what they hold. Shared terms do not count.
    pub fn weight(&self) -> usize {
        let narrowed = |token: &AccessToken| {
            token.narrowed.as_ref().map_or(0, |own| {
                let texts = own.0.iter().chain(own.1.iter().map(String::as_str));
                size_of_val(&**own)
                    + texts.map(|text| size_of::<String>() + text.len()).sum::<usize>()
            })
        };
        size_of::<Self>()
            + self.access_tokens.capacity() * size_of::<AccessToken>()
            + self.access_tokens.iter().map(narrowed).sum::<usize>()
    }

    /// Takes in what a request with a device apart asked for.
    fn ask(&mut self, client_id: &ClientId, scope: &Scope, audience: &[String]) {
        self.terms = Some(Arc::new(Terms {
            client_id: client_id.clone(),
            scope: scope.clone(),
            audience: audience.into(),
            acr: Box::default(),
            amr: Box::default(),
        }));
    }

    fn approval_event(&mut self, facts: &Facts, event: &ApprovalEvent) {
        match event {
            ApprovalEvent::Approved(approved) => {
                self.subject = Some(approved.subject);
                self.auth_time = approved.auth_time;
                if let Some(terms) = self.terms.as_mut().map(Arc::make_mut) {
                    terms.scope = approved.scope.clone();
                    terms.acr = approved.acr.as_str().into();
                    terms.amr = approved.amr.as_slice().into();
                }
            }
            ApprovalEvent::Token(event) => self.token_event(facts, event),
            ApprovalEvent::Failed(_)
            | ApprovalEvent::Denied(_)
            | ApprovalEvent::Expired(_)
            | ApprovalEvent::Redeemed(_)
            | ApprovalEvent::RedemptionRefused(_) => {}
        }
    }

    fn token_event(&mut self, facts: &Facts, event: &TokenEvent) {
        match event {
            TokenEvent::Issued(issued) | TokenEvent::Rotated(issued) => self.issue(facts, issued),
            TokenEvent::AccessTokenRevoked(revoked) => {
                self.keep(|token| token.digest != revoked.digest);
            }
            TokenEvent::Replayed(_) | TokenEvent::Revoked(_) => self.revoke(),
            TokenEvent::RefreshRefused(_) => {}
        }
    }

    fn issue(&mut self, facts: &Facts, issued: &Issued) {
        if self.revoked {
            return;
        }
        self.add(facts, issued.generation, &issued.access_token);
        self.refresh_token = issued.refresh_token.as_ref().map(|token| RefreshToken {
            digest: token.digest,
            expires_at: token.expires_at,
            generation: issued.generation,
        });
    }

    fn add(&mut self, facts: &Facts, generation: u32, token: &token::AccessToken) {
        if generation == 0 {
            self.terms = self.terms.take().map(shared);
        }
        self.keep(|token| facts.occurred_at < token.expires_at);
        let as_granted = self
            .terms()
            .is_some_and(|terms| token.scope == terms.scope && *token.audience == *terms.audience);
        self.access_tokens.reserve_exact(1);
        self.access_tokens.push(AccessToken {
            digest: token.digest,
            issued_at: facts.occurred_at,
            expires_at: token.expires_at,
            generation,
            format: token.format,
            narrowed: (!as_granted)
                .then(|| Box::new((token.scope.clone(), token.audience.as_slice().into()))),
        });
    }

    fn revoke(&mut self) {
        self.revoked = true;
        self.access_tokens = Vec::new();
        self.refresh_token = None;
    }

    fn keep(&mut self, wanted: impl FnMut(&AccessToken) -> bool) {
        self.access_tokens.retain(wanted);
        self.access_tokens.shrink_to_fit();
    }
}

/// The one copy of these terms in the process.
fn shared(terms: Arc<Terms>) -> Arc<Terms> {
    static POOL: LazyLock<Mutex<HashSet<Arc<Terms>>>> = LazyLock::new(Mutex::default);
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = pool.get(&terms) {
        return Arc::clone(known);
    }
    // Looked through only when it would have to grow anyway.
    if pool.len() == pool.capacity() {
        pool.retain(|known| Arc::strong_count(known) > 1);
    }
    pool.insert(Arc::clone(&terms));
    terms
}
