//! Who visits the verification pages.

use actix_web::{HttpRequest, HttpResponse};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::{StreamId, SubjectId};

use crate::{
    http::{
        account,
        caller::Caller,
        op::Op,
        pages::Trouble,
        session::{self, LiveSession},
    },
    protocol::device::UserCode,
};

/// An end-user who is signed in.
pub(super) struct Visitor {
    pub(super) caller: Caller,
    pub(super) held: LiveSession,
}

impl Visitor {
    /// Whoever sent `request`, or the way to where they can sign in and come back with the code.
    pub(super) async fn of(
        op: &Op,
        request: &HttpRequest,
        code: Option<UserCode>,
    ) -> Result<Result<Self, HttpResponse>, Trouble> {
        let caller = Caller::of(request, op);
        Ok(match session::live(op, request, caller.now).await? {
            Some(held) => Ok(Self { caller, held }),
            None => Err(account::sign_in_first(account::Page::Device(code))),
        })
    }

    pub(super) fn subject(&self) -> SubjectId {
        self.held.get().subject
    }

    /// What a form must bring along: it is good for this session, and for the request it was shown with.
    pub(super) fn csrf(&self, op: &Op, about: Option<StreamId>) -> String {
        let mut bound = b"device".to_vec();
        bound.extend_from_slice(&self.held.stream.to_bytes());
        if let Some(about) = about {
            bound.extend_from_slice(&about.to_bytes());
        }
        URL_SAFE_NO_PAD.encode(ring::hmac::sign(&op.csrf, &bound))
    }
}
