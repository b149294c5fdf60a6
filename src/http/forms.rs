//! Whether a posted form is one that this browser was given, by a page of ours (RFC 6749 §10.12).

use actix_web::{HttpRequest, http::header};
use subtle::ConstantTimeEq as _;

use super::{op::Op, pages::Trouble};
use crate::protocol::params::Params;

/// Whether the form carries the token it was given, and was posted from here.
pub fn check(
    op: &Op,
    request: &HttpRequest,
    form: &Params<'_>,
    token: &str,
) -> Result<(), Trouble> {
    let sent = form.get("csrf").unwrap_or_default();
    let same = bool::from(sent.as_bytes().ct_eq(token.as_bytes()));
    if same { from_here(op, request) } else { Err(Trouble::ForgedForm) }
}

/// Whether a form was posted from a page of ours.
pub fn from_here(op: &Op, request: &HttpRequest) -> Result<(), Trouble> {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
    let origin = header(header::ORIGIN.as_str());
    let here = match header("sec-fetch-site") {
        // Nobody but the browser can say that; one that hides origins from everybody says `null`.
        Some("same-origin" | "none") => {
            origin.is_none_or(|origin| origin == op.rules.issuer || origin == "null")
        }
        Some(_) => false,
        None => origin.is_none_or(|origin| origin == op.rules.issuer),
    };
    if here { Ok(()) } else { Err(Trouble::ForgedForm) }
}
