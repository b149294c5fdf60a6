//! The answer to a device authorization request.

use serde::Serialize;

use super::UserCode;
use crate::protocol::{endpoints, rules::Rules};

/// A successful response (RFC 8628 §3.2).
#[derive(Debug, Serialize)]
pub struct DeviceAuthorizationResponse<'a> {
    device_code: &'a str,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: u32,
    interval: u32,
}

impl<'a> DeviceAuthorizationResponse<'a> {
    /// The codes, and where the second of them is entered.
    pub fn new(device_code: &'a str, user_code: UserCode, rules: &Rules) -> Self {
        let verification_uri = format!("{}{}", rules.issuer, endpoints::DEVICE_VERIFICATION);
        Self {
            device_code,
            user_code: user_code.to_string(),
            verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
            verification_uri,
            expires_in: rules.device.lifetime,
            interval: rules.device.interval,
        }
    }
}
