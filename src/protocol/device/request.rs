//! The parameters of a device authorization request (RFC 8628 §3.1, RFC 8707 §2).

use moneta_events::{
    Reason, Scope,
    client::{ClientMetadata, GrantType},
};

use crate::protocol::{
    authorize::{
        acr_values, resource,
        scope::{NOT_REGISTERED, parse},
    },
    client_auth::AuthenticatedClient,
    error::{ErrorCode, OAuthError},
    params::Params,
    rules::{OFFLINE_ACCESS, OPENID, Rules},
};

/// What a device asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceAuthorizationRequest {
    /// What the tokens will allow.
    pub scope: Scope,
    /// The resource servers they will be for; none is all that the scope leads to.
    pub audience: Vec<String>,
    /// Wanted authentication contexts, best first.
    pub acr_values: Vec<String>,
}

/// Checks a request of a client that has authenticated. The order is that of the fields in `tests/spec`.
pub fn check(
    form: &Params<'_>,
    client: &AuthenticatedClient<'_>,
    rules: &Rules,
    is_resource: &dyn Fn(&str) -> bool,
) -> Result<DeviceAuthorizationRequest, OAuthError> {
    form.refuse_repeated()?;
    let metadata = client.metadata();
    if !metadata.grant_types.contains(&GrantType::DeviceCode) {
        return Err(const {
            OAuthError::new(
                ErrorCode::UnauthorizedClient,
                Reason::GrantNotRegistered,
                "the client did not register the grant type of devices",
            )
        });
    }
    Ok(DeviceAuthorizationRequest {
        scope: scope(form, metadata, rules)?,
        audience: resource::known(form, is_resource)?,
        acr_values: acr_values::wanted(form, metadata, rules),
    })
}

/// Nothing the client did not register. Without the parameter it is all of that (RFC 6749 §3.3): the
/// end-user sees it before they allow it. In an OpenID Connect request, tokens nobody here understands are
/// ignored (OpenID Connect Core 1.0 §3.1.2.1), and so is `offline_access` where there is no refresh token to
/// give (§11).
fn scope(form: &Params<'_>, client: &ClientMetadata, rules: &Rules) -> Result<Scope, OAuthError> {
    let own = rules.known(&client.scope);
    let requested = form.get("scope").map(parse).transpose()?.unwrap_or_else(|| own.clone());
    let known = rules.known(&requested);
    let is_openid = known.contains(OPENID);
    if !known.is_subset_of(&own) || (!is_openid && known.len() < requested.len()) {
        return Err(NOT_REGISTERED);
    }
    let offline = is_openid && client.grant_types.contains(&GrantType::RefreshToken);
    let scope: Scope = known.iter().filter(|token| offline || *token != OFFLINE_ACCESS).collect();
    if scope.is_empty() { Err(NOT_REGISTERED) } else { Ok(scope) }
}
