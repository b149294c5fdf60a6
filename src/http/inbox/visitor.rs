//! Who visits the inbox.

use actix_web::{HttpRequest, HttpResponse};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::{Category, StreamId, SubjectId};
use uuid::Uuid;

use super::PATH;
use crate::http::{
    account::{self, Page},
    caller::Caller,
    factors,
    op::Op,
    pages::Trouble,
    session::{self, LiveSession},
};

/// Seconds for which what a session was begun with still counts.
const FRESH: i64 = 300;

/// An end-user who is signed in.
pub(super) struct Visitor {
    pub(super) caller: Caller,
    pub(super) held: LiveSession,
}

impl Visitor {
    /// Whoever sent `request`, or the way to where they can sign in.
    pub(super) async fn of(
        op: &Op,
        request: &HttpRequest,
    ) -> Result<Result<Self, HttpResponse>, Trouble> {
        let caller = Caller::of(request, op);
        Ok(match session::live(op, request, caller.now).await? {
            Some(held) => Ok(Self { caller, held }),
            None => Err(account::sign_in_first(Page::Inbox)),
        })
    }

    pub(super) fn subject(&self) -> SubjectId {
        self.held.get().subject
    }

    /// What the sign-in of this session proved, while it still counts beside a new proof.
    pub(super) fn fresh_amr(&self) -> &[String] {
        let session = self.held.get();
        let is_fresh = self.caller.now < session.auth_time.plus_seconds(FRESH);
        if is_fresh { &session.amr } else { &[] }
    }

    /// Whether a one-time code belongs to the password: the end-user set codes up, and used none a moment ago.
    pub(super) async fn owes_code(&self, op: &Op) -> Result<bool, Trouble> {
        let view = op.facts.subject(self.subject()).await?;
        let has_used = self.fresh_amr().iter().any(|method| method == "otp");
        Ok(factors::enrolled(op, &view.view).totp && !has_used)
    }

    /// What the form of one request must bring along: it is good for this session and that request.
    pub(super) fn csrf(&self, op: &Op, about: StreamId) -> String {
        let mut bound = Vec::with_capacity(5 + 17 + 17);
        bound.extend_from_slice(b"inbox");
        bound.extend_from_slice(&self.held.stream.to_bytes());
        bound.extend_from_slice(&about.to_bytes());
        URL_SAFE_NO_PAD.encode(ring::hmac::sign(&op.csrf, &bound))
    }
}

/// The request that a path names.
pub(super) fn stream_of(id: &str) -> Result<StreamId, Trouble> {
    let id = Uuid::try_parse(id).ok().filter(|parsed| parsed.hyphenated().to_string() == id);
    let id = id.ok_or(Trouble::NotFound)?;
    Ok(StreamId::new(Category::Backchannel, id))
}

/// The path of a request's page.
pub(super) fn path_of(stream: StreamId) -> String {
    format!("{PATH}/{}", stream.uuid)
}
