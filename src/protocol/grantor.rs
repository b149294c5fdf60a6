//! The end-user behind the tokens of a grant, whatever grant it is.

use moneta_events::{
    StreamId, SubjectId, Timestamp,
    approval::Approved,
    transaction::{Authenticated, Requested},
};

/// Who allowed it, and how they had authenticated. It follows from the events of the grant alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grantor<'a> {
    /// `sub`.
    pub subject: SubjectId,
    /// The browser session it was allowed in, where there was one.
    pub session: Option<StreamId>,
    /// `auth_time` (OpenID Connect Core 1.0 §2).
    pub auth_time: Timestamp,
    /// `acr`: the authentication context reached; empty where none is known.
    pub acr: &'a str,
    /// `amr`: the methods used (RFC 8176).
    pub amr: &'a [String],
    /// The `nonce` of the authorization request; grants without a browser have none.
    pub nonce: Option<&'a str>,
}

impl<'a> Grantor<'a> {
    /// Of an authorization transaction.
    pub fn of_transaction(requested: &'a Requested, authenticated: &'a Authenticated) -> Self {
        Self {
            subject: authenticated.subject,
            session: Some(authenticated.session),
            auth_time: authenticated.auth_time,
            acr: &authenticated.acr,
            amr: &authenticated.amr,
            nonce: requested.nonce.as_deref(),
        }
    }

    /// Of a request that was decided on a device apart. The client is not in the browser, if there was one,
    /// so what it gets does not end with that browser's session.
    pub fn of_approval(approved: &'a Approved) -> Self {
        Self {
            subject: approved.subject,
            session: None,
            auth_time: approved.auth_time,
            acr: &approved.acr,
            amr: &approved.amr,
            nonce: None,
        }
    }
}
