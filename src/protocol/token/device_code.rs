//! The device authorization grant (RFC 8628 §3.4).

use crate::protocol::{error::OAuthError, params::Params};

/// A request for the tokens of a device. Client, decision and age are compared by the domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCodeRequest<'a> {
    /// `device_code`.
    pub device_code: &'a str,
    /// `resource`: the part of the audience these tokens are for (RFC 8707 §2.2).
    pub resources: Vec<&'a str>,
}

impl<'a> DeviceCodeRequest<'a> {
    pub(super) fn read(form: &'a Params<'_>) -> Result<Self, OAuthError> {
        let missing = const { OAuthError::missing("the parameter device_code is missing") };
        Ok(Self {
            device_code: form.get("device_code").ok_or(missing)?,
            resources: form.all("resource").collect(),
        })
    }
}
