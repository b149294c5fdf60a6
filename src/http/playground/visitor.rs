//! The browser before the playground: a cookie of its own, and what a form must bring along.

use actix_web::HttpRequest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq as _;

use super::PATH;
use crate::{
    http::{caller::cookie, op::Op, pages::Trouble},
    protocol::params::Params,
};

const COOKIE: &str = "moneta_playground";
/// Seconds a browser keeps it; what it refers to is gone when the server stops.
const LIFETIME: u32 = 43_200;

/// One browser.
pub(super) struct Visitor {
    /// Names its session; a secret.
    pub(super) key: String,
    is_new: bool,
}

impl Visitor {
    /// The browser that sent `request`; one without a cookie is given one.
    pub(super) fn of(request: &HttpRequest, op: &Op) -> Self {
        let is_key = |text: &&str| {
            text.len() == 43
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        match cookie(request, COOKIE).filter(is_key) {
            Some(key) => Self { key: key.to_owned(), is_new: false },
            None => Self { key: URL_SAFE_NO_PAD.encode(op.entropy().bytes::<32>()), is_new: true },
        }
    }

    /// `Set-Cookie`, where it has none yet.
    pub(super) fn cookie(&self, op: &Op) -> Option<String> {
        let secure = if op.terms.secure { "; Secure" } else { "" };
        self.is_new.then(|| {
            let key = &self.key;
            format!(
                "{COOKIE}={key}; Path={PATH}; Max-Age={LIFETIME}; HttpOnly; SameSite=Lax{secure}"
            )
        })
    }

    /// What its forms carry.
    pub(super) fn csrf(&self, op: &Op) -> String {
        let mut bound = b"playground".to_vec();
        bound.extend_from_slice(self.key.as_bytes());
        URL_SAFE_NO_PAD.encode(ring::hmac::sign(&op.csrf, &bound))
    }

    /// Whether a form was given to this browser.
    pub(super) fn check_form(&self, op: &Op, form: &Params<'_>) -> Result<(), Trouble> {
        let sent = form.get("csrf").unwrap_or_default();
        let same = bool::from(sent.as_bytes().ct_eq(self.csrf(op).as_bytes()));
        if same { Ok(()) } else { Err(Trouble::ForgedForm) }
    }
}
