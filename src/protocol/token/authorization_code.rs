//! The authorization code grant (RFC 6749 §4.1.3, OpenID Connect Core 1.0 §3.1.3.1, RFC 7636 §4.5).

use crate::protocol::{error::OAuthError, params::Params};

/// A request to redeem a code. Client, redirect URI, verifier and age are compared by the domain, with
/// every refusal on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRequest<'a> {
    /// `code`.
    pub code: &'a str,
    /// `redirect_uri`: required, because every authorization request has to bring one.
    pub redirect_uri: &'a str,
    /// `code_verifier`. One that is not spelled as one is taken all the same: it counts as a wrong guess.
    pub code_verifier: Option<&'a str>,
    /// `resource`: the part of the audience these tokens are for (RFC 8707 §2.2).
    pub resources: Vec<&'a str>,
}

impl<'a> CodeRequest<'a> {
    pub(super) fn read(form: &'a Params<'_>) -> Result<Self, OAuthError> {
        let missing_code = const { OAuthError::missing("the parameter code is missing") };
        let missing_uri = const { OAuthError::missing("the parameter redirect_uri is missing") };
        Ok(Self {
            code: form.get("code").ok_or(missing_code)?,
            redirect_uri: form.get("redirect_uri").ok_or(missing_uri)?,
            code_verifier: form.get("code_verifier"),
            resources: form.all("resource").collect(),
        })
    }
}
