//! What a token is to be verified for. A purpose fixes all that could otherwise be taken from the token.

use super::{Alg, Typ};

/// Seconds by which clocks of nodes may differ.
pub(super) const CLOCK_DIFFERENCE: i64 = 2;
/// An ID Token this old names no session that still lives: 90 days.
const OLDEST_HINT: i64 = 90 * 86_400;
/// Tokens of this provider are far shorter.
const MAX_OWN_TOKEN: usize = 8 * 1024;

/// The rules for one kind of token at one place (RFC 8725 §3.12). Only the constructors make one, so no
/// caller can put together rules that are too weak.
#[derive(Debug, Clone, Copy)]
pub struct Purpose<'a> {
    pub(super) algs: &'static [Alg],
    pub(super) typ: Typ,
    /// Whether a token without `typ` is of this kind too.
    pub(super) typ_optional: bool,
    pub(super) issuer: &'a str,
    /// One of the values of `aud`; `None` where the caller reports or judges the audience itself.
    pub(super) audience: Option<&'a str>,
    /// Strings that have to be there and say something.
    pub(super) required: &'static [&'static str],
    pub(super) may_have_expired: bool,
    /// Seconds since `iat`.
    pub(super) oldest: Option<i64>,
    pub(super) max_length: usize,
}

impl<'a> Purpose<'a> {
    /// An access token used at a resource of this provider (RFC 9068 §4).
    pub const fn access_token(issuer: &'a str, resource: &'a str) -> Self {
        Self { audience: Some(resource), ..Self::any_access_token(issuer) }
    }

    /// An access token that somebody asks about or revokes: any audience will do, and the caller compares
    /// it with who asks (RFC 7662 §2.1, RFC 7009 §2.1).
    pub const fn any_access_token(issuer: &'a str) -> Self {
        Self {
            algs: Alg::ALL,
            typ: Typ::AccessToken,
            typ_optional: false,
            issuer,
            audience: None,
            required: &["sub", "client_id", "jti"],
            may_have_expired: false,
            oldest: None,
            max_length: MAX_OWN_TOKEN,
        }
    }

    /// An ID Token that a client was given (OpenID Connect Core 1.0 §3.1.3.7). Its `nonce` and `at_hash` are
    /// for the client to compare: it knows what it sent and what came along.
    pub const fn id_token(issuer: &'a str, client_id: &'a str) -> Self {
        Self { may_have_expired: false, oldest: None, ..Self::id_token_hint(issuer, client_id) }
    }

    /// An ID Token used as `id_token_hint`: issued here, to this client; it may have expired (OpenID
    /// Connect Core 1.0 §3.1.2.1).
    pub const fn id_token_hint(issuer: &'a str, client_id: &'a str) -> Self {
        Self {
            algs: Alg::ALL,
            typ: Typ::IdToken,
            typ_optional: true,
            issuer,
            audience: Some(client_id),
            required: &["sub"],
            may_have_expired: true,
            oldest: Some(OLDEST_HINT),
            max_length: MAX_OWN_TOKEN,
        }
    }
}
