//! Token revocation (RFC 7009).

use moneta_events::{ClientId, Reason};

use super::{
    client_auth::AuthenticatedClient,
    error::{ErrorCode, OAuthError},
    params::Params,
};

/// Reads the token to revoke. The hint is not needed: a token says itself what it is (§2.1). A token
/// nobody here issued is no error; the client wanted it not to work, and it does not (§2.2).
pub fn read<'a>(form: &'a Params<'_>) -> Result<&'a str, OAuthError> {
    form.get("token").ok_or(const { OAuthError::missing("the parameter token is missing") })
}

/// A client may revoke what was issued to it, and nothing else (§2.1).
pub fn check_owner(
    caller: &AuthenticatedClient<'_>,
    issued_to: &ClientId,
) -> Result<(), OAuthError> {
    if caller.id() == issued_to {
        return Ok(());
    }
    Err(const {
        OAuthError::new(
            ErrorCode::InvalidRequest,
            Reason::RefreshTokenClientMismatch,
            "the token was not issued to this client",
        )
    })
}
