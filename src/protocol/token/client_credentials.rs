//! The client credentials grant (RFC 6749 §4.4).

use moneta_events::{Reason, Scope};

use crate::protocol::{
    authorize::{resource, scope},
    client_auth::AuthenticatedClient,
    error::{ErrorCode, OAuthError},
    params::Params,
    rules::Rules,
};

/// A request of a client for itself. Nothing about it is left to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCredentialsRequest {
    /// What the token allows.
    pub scope: Scope,
    /// The resource servers it is for (RFC 8707 §2).
    pub audience: Vec<String>,
}

impl ClientCredentialsRequest {
    /// Only a client that really authenticated may (§4.4), and only for scope it registered that means
    /// something without an end-user. Without `scope` it gets all of that (§3.3).
    pub(super) fn read(
        form: &Params<'_>,
        client: &AuthenticatedClient<'_>,
        rules: &Rules,
        is_resource: &dyn Fn(&str) -> bool,
    ) -> Result<Self, OAuthError> {
        if client.metadata().is_public() {
            return Err(const {
                OAuthError::new(
                    ErrorCode::UnauthorizedClient,
                    Reason::GrantNotRegistered,
                    "a client that cannot authenticate cannot have this grant_type",
                )
            });
        }
        let own: Scope = rules
            .known(&client.metadata().scope)
            .iter()
            .filter(|token| !rules.is_about_end_user(token))
            .collect();
        let scope = form.get("scope").map(scope::parse).transpose()?.unwrap_or_else(|| own.clone());
        if !scope.is_subset_of(&own) {
            return Err(scope::NOT_REGISTERED);
        }
        Ok(Self { scope, audience: resource::known(form, is_resource)? })
    }
}
