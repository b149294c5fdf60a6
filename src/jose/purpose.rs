//! What a token is to be verified for. A purpose fixes all that could otherwise be taken from the token.

use super::{Alg, Typ};

/// Seconds by which clocks of nodes may differ.
const NODES: i64 = 2;
/// Seconds by which the clock of a client may be ahead: FAPI 2.0 Security Profile §5.3.2.1 wants 10
/// accepted and more than 60 refused.
const CLIENTS: i64 = 30;
/// An ID Token this old names no session that still lives: 90 days.
const OLDEST_HINT: i64 = 90 * 86_400;
/// How far ahead the `exp` of what a client signed may lie, and how long it may be good for. Libraries
/// choose from a minute to an hour.
const LONGEST: i64 = 3_600;
/// Tokens of this provider are far shorter.
const MAX_OWN_TOKEN: usize = 8 * 1024;
/// So are assertions.
const MAX_ASSERTION: usize = 8 * 1024;
/// Request objects carry whole requests.
const MAX_REQUEST_OBJECT: usize = 16 * 1024;

/// The rules for one kind of token at one place (RFC 8725 §3.12). Only the constructors make one, so no
/// caller can put together rules that are too weak.
#[derive(Debug, Clone, Copy)]
pub struct Purpose<'a> {
    pub(super) algs: &'static [Alg],
    /// The values of `typ` that mean this kind.
    pub(super) typs: &'static [&'static str],
    /// Whether a token without `typ` is of this kind too.
    pub(super) typ_optional: bool,
    pub(super) issuer: &'a str,
    /// What `sub` has to be, where that is known.
    pub(super) subject: Option<&'a str>,
    pub(super) audience: Audience<'a>,
    /// Claims that have to be there; those that are strings have to say something.
    pub(super) required: &'static [&'static str],
    pub(super) may_have_expired: bool,
    /// Seconds by which the signer's clock may be ahead.
    pub(super) clock_difference: i64,
    /// Seconds since `iat`.
    pub(super) oldest: Option<i64>,
    /// Seconds to `exp`.
    pub(super) longest: Option<i64>,
    /// Seconds since `nbf`, and from there to `exp`.
    pub(super) widest: Option<i64>,
    pub(super) max_length: usize,
}

/// Whom a token has to be for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Audience<'a> {
    /// Anybody: the caller reports or judges the audience itself.
    Any,
    /// This one, and maybe others.
    Has(&'a str),
    /// One or more of these and nobody else.
    Only(&'a [&'a str]),
}

impl<'a> Purpose<'a> {
    /// An access token used at a resource of this provider (RFC 9068 §4).
    pub const fn access_token(issuer: &'a str, resource: &'a str) -> Self {
        Self { audience: Audience::Has(resource), ..Self::any_access_token(issuer) }
    }

    /// An access token that somebody asks about or revokes: any audience will do, and the caller compares
    /// it with who asks (RFC 7662 §2.1, RFC 7009 §2.1).
    pub const fn any_access_token(issuer: &'a str) -> Self {
        Self {
            algs: Alg::ALL,
            typs: const { &[Typ::AccessToken.as_str()] },
            typ_optional: false,
            issuer,
            subject: None,
            audience: Audience::Any,
            required: &["sub", "client_id", "jti", "iat"],
            may_have_expired: false,
            clock_difference: NODES,
            oldest: None,
            longest: None,
            widest: None,
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
            typs: const { &[Typ::IdToken.as_str()] },
            typ_optional: true,
            issuer,
            subject: None,
            audience: Audience::Has(client_id),
            required: &["sub", "iat"],
            may_have_expired: true,
            clock_difference: NODES,
            oldest: Some(OLDEST_HINT),
            longest: None,
            widest: None,
            max_length: MAX_OWN_TOKEN,
        }
    }

    /// An assertion that a client authenticates with (RFC 7523 §3, OpenID Connect Core 1.0 §9), signed
    /// with the algorithm it registered, if it registered one. It must be meant for nobody but this
    /// provider, under whichever of its names: an assertion that another server may have seen is none.
    pub const fn client_assertion(
        client_id: &'a str,
        audience: &'a [&'a str],
        alg: Option<Alg>,
    ) -> Self {
        Self {
            algs: match alg {
                Some(alg) => alg.only(),
                None => Alg::ALL,
            },
            // Libraries write `JWT` or nothing; RFC 7523bis gives it a name of its own.
            typs: &["JWT", "client-authentication+jwt"],
            typ_optional: true,
            issuer: client_id,
            subject: Some(client_id),
            audience: Audience::Only(audience),
            required: &["jti"],
            may_have_expired: false,
            clock_difference: CLIENTS,
            oldest: None,
            longest: Some(LONGEST),
            widest: None,
            max_length: MAX_ASSERTION,
        }
    }

    /// A request that a client signed for this provider (CIBA Core 1.0 §7.1.1, RFC 9101 §4), with the
    /// algorithm it registered, if it registered one.
    pub const fn request_object(client_id: &'a str, issuer: &'a str, alg: Option<Alg>) -> Self {
        Self {
            // Without RSASSA-PKCS1-v1_5 (FAPI-CIBA §5.2.2, FAPI 1.0 Advanced §8.6).
            algs: match alg {
                Some(Alg::RS256) => &[],
                Some(alg) => alg.only(),
                None => &[Alg::PS256, Alg::ES256, Alg::EdDSA],
            },
            typs: &["JWT", "oauth-authz-req+jwt"],
            typ_optional: true,
            issuer: client_id,
            subject: None,
            audience: Audience::Has(issuer),
            required: &["iat", "nbf", "jti"],
            may_have_expired: false,
            clock_difference: CLIENTS,
            oldest: None,
            longest: Some(LONGEST),
            widest: Some(LONGEST),
            max_length: MAX_REQUEST_OBJECT,
        }
    }

    /// A token of a client that names an end-user (CIBA Core 1.0 §7.1, `login_hint_token`).
    pub const fn login_hint_token(client_id: &'a str, issuer: &'a str) -> Self {
        Self { typs: &["JWT"], required: &["iat"], ..Self::request_object(client_id, issuer, None) }
    }
}
