//! `grant_type` (RFC 6749 §4.1.3, §4.4.2, §6, RFC 8628 §3.4, CIBA Core 1.0 §10.1).

use moneta_events::{Reason, client::GrantType};

use super::{
    authorization_code::CodeRequest, ciba::CibaRequest,
    client_credentials::ClientCredentialsRequest, device_code::DeviceCodeRequest,
    refresh_token::RefreshRequest,
};
use crate::protocol::{
    client_auth::AuthenticatedClient,
    error::{ErrorCode, OAuthError},
    params::Params,
    rules::Rules,
};

/// A token request of a grant that the client may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRequest<'a> {
    /// RFC 6749 §4.1.3.
    AuthorizationCode(CodeRequest<'a>),
    /// RFC 6749 §6.
    RefreshToken(RefreshRequest<'a>),
    /// RFC 6749 §4.4.2.
    ClientCredentials(ClientCredentialsRequest),
    /// RFC 8628 §3.4.
    DeviceCode(DeviceCodeRequest<'a>),
    /// CIBA Core 1.0 §10.1.
    Ciba(CibaRequest<'a>),
}

const UNSUPPORTED: OAuthError = OAuthError::new(
    ErrorCode::UnsupportedGrantType,
    Reason::GrantTypeUnsupported,
    "this provider does not have this grant_type",
);

/// Reads a token request. The grant must be one the provider knows and the client registered.
pub fn read<'a>(
    form: &'a Params<'_>,
    client: &AuthenticatedClient<'_>,
    rules: &Rules,
    is_resource: &dyn Fn(&str) -> bool,
) -> Result<TokenRequest<'a>, OAuthError> {
    let text = form
        .get("grant_type")
        .ok_or(const { OAuthError::missing("the parameter grant_type is missing") })?;
    let grant_type =
        rules.grant_types.iter().find(|known| known.as_str() == text).ok_or(UNSUPPORTED)?;
    if !client.metadata().grant_types.contains(grant_type) {
        return Err(const {
            OAuthError::new(
                ErrorCode::UnauthorizedClient,
                Reason::GrantNotRegistered,
                "the client did not register this grant_type",
            )
        });
    }
    match grant_type {
        GrantType::AuthorizationCode => {
            CodeRequest::read(form).map(TokenRequest::AuthorizationCode)
        }
        GrantType::RefreshToken => RefreshRequest::read(form).map(TokenRequest::RefreshToken),
        GrantType::ClientCredentials => {
            ClientCredentialsRequest::read(form, client, rules, is_resource)
                .map(TokenRequest::ClientCredentials)
        }
        GrantType::DeviceCode => DeviceCodeRequest::read(form).map(TokenRequest::DeviceCode),
        GrantType::Ciba => CibaRequest::read(form, client.metadata()).map(TokenRequest::Ciba),
        // The token endpoint has no such grant (RFC 6749 §4.2): the rules do not list it.
        GrantType::Implicit => Err(UNSUPPORTED),
    }
}
