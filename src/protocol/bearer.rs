//! Access tokens in requests to protected resources of the provider itself (RFC 6750 §2 and §3).

use moneta_events::Reason;

use super::{
    error::{ErrorCode, OAuthError},
    params::Params,
};

/// Takes the access token from the `Authorization` header (§2.1) or the form (§2.2), never from both and
/// never from a query. `Ok(None)` where the request brings none, or credentials of another scheme: then
/// the challenge has no error (§3.1).
pub fn read<'a>(
    authorization: Option<&'a str>,
    form: Option<&'a Params<'_>>,
) -> Result<Option<&'a str>, OAuthError> {
    const MALFORMED: OAuthError =
        OAuthError::malformed("the Authorization header is not a Bearer token");
    let in_form = form.and_then(|form| form.get("access_token"));
    let header = authorization.map(|value| value.split_once(' ').unwrap_or((value, "")));
    let Some((_, token)) = header.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
    else {
        return Ok(in_form);
    };
    let token = token.trim_start_matches(' ');
    if !is_token68(token) {
        return Err(MALFORMED);
    }
    if in_form.is_some() {
        return Err(const {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                Reason::ParameterRepeated,
                "the access token is there in more than one way",
            )
        });
    }
    Ok(Some(token))
}

/// `b64token` of RFC 6750 §2.1.
fn is_token68(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let allowed =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    !body.is_empty() && body.bytes().all(allowed)
}

/// `invalid_token`: unknown, expired or revoked (§3.1).
pub const fn invalid_token(reason: Reason) -> OAuthError {
    OAuthError {
        code: ErrorCode::InvalidToken,
        description: "the access token is unknown, expired or revoked",
        reason,
    }
}

/// The value of `WWW-Authenticate` (§3); without an error for a request that brought no token.
pub fn challenge(error: Option<&OAuthError>) -> String {
    let mut value = String::from("Bearer realm=\"moneta\"");
    if let Some(error) = error {
        value.push_str(", error=\"");
        value.push_str(error.code.as_str());
        value.push_str("\", error_description=\"");
        value.push_str(error.description);
        value.push('"');
    }
    value
}
