//! Carries an authorization response to the browser.

use actix_web::{HttpResponse, http::StatusCode};

use super::{op::Op, pages};
use crate::{
    protocol::authorize::respond::AuthorizationResponse,
    ui::{FormPost, Link},
};

/// A redirect, or a page with a form that posts itself.
pub fn send(
    op: &Op,
    client: &str,
    answer: &AuthorizationResponse,
    cookies: &[String],
) -> HttpResponse {
    match answer {
        AuthorizationResponse::Redirect(uri) => pages::see_other(uri, cookies),
        AuthorizationResponse::FormPost { action, fields } => {
            let Some(redirect) = Link::redirect(action) else {
                // Registration lets no other scheme in.
                return pages::Trouble::BadRequest(
                    "the redirect_uri is not an address to answer to",
                )
                .response(op);
            };
            let nonce = pages::nonce(op);
            let fields = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let shown = FormPost { frame: op.frame(), client, redirect, fields, nonce: &nonce };
            pages::with_cookies(pages::page(StatusCode::OK, &shown, &shown.csp()), cookies)
        }
    }
}
