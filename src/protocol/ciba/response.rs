//! The acknowledgement of a backchannel authentication request.

use moneta_events::client::TokenDeliveryMode;
use serde::Serialize;

/// A successful response (CIBA Core 1.0 §7.3).
#[derive(Debug, Serialize)]
pub struct Acknowledgement<'a> {
    auth_req_id: &'a str,
    expires_in: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<u32>,
}

impl<'a> Acknowledgement<'a> {
    /// Whoever is sent the tokens never asks for them, so there is no interval to keep.
    pub fn new(
        auth_req_id: &'a str,
        expires_in: u32,
        interval: u32,
        mode: TokenDeliveryMode,
    ) -> Self {
        let interval = (mode != TokenDeliveryMode::Push).then_some(interval);
        Self { auth_req_id, expires_in, interval }
    }
}
