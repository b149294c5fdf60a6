//! Finds the record of a token that was presented: opaque handles and JWT access tokens alike.

use moneta_events::{Digest, StreamId, Timestamp};
use moneta_projections::introspection::TokenFamily;
use quick_cache::sync::Cache;

use super::{op::Op, token::jti_digest};
use crate::{
    engine::{
        facts::NoView,
        gate::{EndUser, Holder, Wish},
    },
    jose::{Purpose, verify},
    protocol::handle::HandleKind,
};

/// A genuine token: where its record is. Whether it still works is for the record to say.
#[derive(Debug, Clone, Copy)]
pub struct Located {
    /// What it is.
    pub kind: TokenKind,
    /// The stream of its grant.
    pub stream: StreamId,
    /// What it is on record by.
    pub digest: Digest,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Access.
    Access,
    /// Refreshing.
    Refresh,
}

/// Where the record of `token` is; `None` for anything this provider did not issue.
pub fn locate(op: &Op, token: &str, now: Timestamp) -> Option<Located> {
    let handle = |of, kind| {
        let opened = op.handles.open(of, token)?;
        Some(Located { kind, stream: opened.stream, digest: opened.digest })
    };
    handle(HandleKind::AccessToken, TokenKind::Access)
        .or_else(|| handle(HandleKind::RefreshToken, TokenKind::Refresh))
        .or_else(|| jwt(op, token, now))
}

fn jwt(op: &Op, token: &str, now: Timestamp) -> Option<Located> {
    let purpose = Purpose::any_access_token(&op.rules.issuer);
    let claims = verify(token, &purpose, &**op.signing.keys(), now).ok()?;
    let jti = claims.text("jti")?;
    let (stream, _) = jti.split_once('.')?;
    let stream = stream.parse().ok()?;
    Some(Located { kind: TokenKind::Access, stream, digest: jti_digest(jti) })
}

/// Grants of which it is remembered when they were last judged.
const REMEMBERED: usize = 100_000;

/// The latest times at which grants were judged here. A clock that is set back makes nothing young again:
/// what was too old once stays so.
#[derive(Debug)]
pub struct Judged(Cache<StreamId, Timestamp>);

impl Default for Judged {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl Judged {
    /// The time to judge a grant by.
    pub fn time(&self, grant: StreamId, now: Timestamp) -> Timestamp {
        let latest = self.0.get(&grant).map_or(now, |before| before.max(now));
        if latest == now {
            self.0.insert(grant, now);
        }
        latest
    }
}

/// Whether user, client and session of a family are still good.
pub async fn is_allowed(op: &Op, family: &TokenFamily, now: Timestamp) -> Result<bool, NoView> {
    let Some(terms) = family.terms() else { return Ok(false) };
    let end_user = family.end_user().map(|user| EndUser {
        subject: user.subject,
        session: user.session,
        auth_time: user.auth_time,
        offline: family.has_offline_access(),
    });
    let holder = Holder { client_id: terms.client_id.as_str(), end_user };
    Ok(op.facts.gate(holder, Wish::Use, now).await?.is_ok())
}
