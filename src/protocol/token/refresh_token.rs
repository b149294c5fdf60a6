//! The refresh token grant (RFC 6749 §6).

use moneta_events::{Reason, Scope};

use crate::protocol::{
    authorize::scope,
    error::{ErrorCode, OAuthError},
    params::Params,
};

/// A request for new tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshRequest<'a> {
    /// `refresh_token`.
    pub refresh_token: &'a str,
    /// `scope`, if the new access token shall have less than was granted.
    pub scope: Option<Scope>,
    /// `resource`: the part of the audience the new access token is for (RFC 8707 §2.2).
    pub resources: Vec<&'a str>,
}

impl<'a> RefreshRequest<'a> {
    pub(super) fn read(form: &'a Params<'_>) -> Result<Self, OAuthError> {
        let missing = const { OAuthError::missing("the parameter refresh_token is missing") };
        Ok(Self {
            refresh_token: form.get("refresh_token").ok_or(missing)?,
            scope: form.get("scope").map(scope::parse).transpose()?,
            resources: form.all("resource").collect(),
        })
    }
}

/// The scope of the new access token: what the end-user granted, or the part of it that was asked for
/// (RFC 6749 §6). The grant itself keeps its scope.
pub fn narrow(requested: Option<&Scope>, granted: &Scope) -> Result<Scope, OAuthError> {
    match requested {
        None => Ok(granted.clone()),
        Some(requested) if requested.is_subset_of(granted) => Ok(requested.clone()),
        Some(_) => Err(const {
            OAuthError::new(
                ErrorCode::InvalidScope,
                Reason::ScopeExceedsGrant,
                "the scope is wider than what was granted",
            )
        }),
    }
}
