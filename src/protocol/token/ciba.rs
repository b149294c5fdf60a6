//! The backchannel grant (CIBA Core 1.0 §10.1).

use moneta_events::{
    Reason,
    client::{ClientMetadata, TokenDeliveryMode},
};

use crate::protocol::{
    error::{ErrorCode, OAuthError},
    params::Params,
};

/// A request for the tokens of a backchannel request. Client, decision and age are compared by the domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CibaRequest<'a> {
    /// `auth_req_id`.
    pub auth_req_id: &'a str,
    /// `resource`: the part of the audience these tokens are for (RFC 8707 §2.2).
    pub resources: Vec<&'a str>,
}

impl<'a> CibaRequest<'a> {
    /// A client that is sent its tokens has none to fetch (§11).
    pub(super) fn read(form: &'a Params<'_>, client: &ClientMetadata) -> Result<Self, OAuthError> {
        let missing = const { OAuthError::missing("the parameter auth_req_id is missing") };
        if client.backchannel_token_delivery_mode == Some(TokenDeliveryMode::Push) {
            return Err(const {
                OAuthError::new(
                    ErrorCode::UnauthorizedClient,
                    Reason::DeliveryModeMismatch,
                    "the client registered that it is sent its tokens",
                )
            });
        }
        Ok(Self {
            auth_req_id: form.get("auth_req_id").ok_or(missing)?,
            resources: form.all("resource").collect(),
        })
    }
}
