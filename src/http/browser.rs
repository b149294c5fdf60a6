//! The cookie that tells browsers apart, before anybody signs in.

use actix_web::HttpRequest;
use moneta_events::{Category, Digest, StreamId};

use super::{
    caller::{CookieNames, cookie},
    op::Op,
};
use crate::protocol::handle::{HandleKind, digest_of};

/// Seconds a browser is recognised: as long as browsers keep a cookie.
pub const LIFETIME: u32 = 34_560_000;

/// The browser that sent `request`, if it has its cookie.
pub fn of(op: &Op, request: &HttpRequest) -> Option<Digest> {
    let text = cookie(request, CookieNames::new(op.terms.secure).browser())?;
    op.handles.open(HandleKind::Browser, text).map(|opened| opened.digest)
}

/// The browser that sent `request`, and the `Set-Cookie` that makes it known from now on.
pub fn of_or_new(op: &Op, request: &HttpRequest) -> (Digest, String) {
    let names = CookieNames::new(op.terms.secure);
    let known = cookie(request, names.browser()).and_then(|text| {
        Some((op.handles.open(HandleKind::Browser, text)?.digest, text.to_owned()))
    });
    let (digest, text) = known.unwrap_or_else(|| {
        let secret = op.entropy().bytes::<32>();
        // It belongs to no stream; the one it names is as random as the secret.
        let stream = StreamId::new(Category::Session, op.entropy().uuid(op.now()));
        let digest = digest_of(HandleKind::Browser, stream, 0, &secret);
        (digest, op.handles.seal(HandleKind::Browser, stream, 0, 0, &secret))
    });
    (digest, names.set(names.browser(), &text, LIFETIME))
}
