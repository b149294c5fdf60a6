//! `resource`: whom the tokens are for (RFC 8707 §2).

use moneta_events::Reason;

use super::Asked;
use crate::protocol::{
    error::{ErrorCode, OAuthError},
    params::Params,
};

/// Resource servers of one request.
const MAX_RESOURCES: usize = 8;

const UNKNOWN: OAuthError = OAuthError::new(
    ErrorCode::InvalidTarget,
    Reason::TargetUnknown,
    "the resource is unknown, or not one the grant is for",
);

/// The resource servers a request names, without doubles. Each must be known: then it is an absolute URI
/// without a fragment, because only such can be registered.
pub(in crate::protocol) fn known(
    params: &Params<'_>,
    is_resource: &dyn Fn(&str) -> bool,
) -> Result<Vec<String>, OAuthError> {
    let mut audience: Vec<String> = Vec::new();
    for resource in params.all("resource") {
        if audience.iter().any(|known| known == resource) {
            continue;
        }
        if audience.len() == MAX_RESOURCES || !is_resource(resource) {
            return Err(UNKNOWN);
        }
        audience.push(resource.to_owned());
    }
    Ok(audience)
}

/// The audience of tokens from a grant made for `granted`, where the token request names `requested`:
/// all of it, or the part that was named (RFC 8707 §2.2).
pub fn narrow(requested: &[&str], granted: &[String]) -> Result<Vec<String>, OAuthError> {
    if requested.is_empty() {
        return Ok(granted.to_vec());
    }
    if requested.iter().all(|named| granted.iter().any(|own| own == named)) {
        Ok(granted.iter().filter(|own| requested.contains(&own.as_str())).cloned().collect())
    } else {
        Err(UNKNOWN)
    }
}

/// Each must be a resource server there is.
pub(super) fn check(asked: &Asked<'_>) -> Result<Vec<String>, OAuthError> {
    known(asked.params, asked.is_resource)
}
