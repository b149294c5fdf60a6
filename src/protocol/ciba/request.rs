//! A backchannel authentication request that passed the checks.

use moneta_events::{Scope, client::TokenDeliveryMode};
use zeroize::Zeroizing;

use super::Hint;

/// What a client asks, checked as far as it can be without looking anything up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackchannelRequest {
    /// What is asked for.
    pub scope: Scope,
    /// The resource servers the tokens will be for.
    pub audience: Vec<String>,
    /// Wanted authentication contexts that exist here, best first.
    pub acr_values: Vec<String>,
    /// Whom it is about.
    pub hint: Hint,
    /// What both devices show.
    pub binding_message: Option<String>,
    /// What the end-user told the client to show that they want this.
    pub user_code: Option<Zeroizing<String>>,
    /// How the client learns that it is decided.
    pub delivery_mode: TokenDeliveryMode,
    /// What the provider shows the client when it tells it so.
    pub client_notification_token: Option<Zeroizing<String>>,
    /// Seconds it is good for.
    pub expires_in: u32,
}

impl Default for BackchannelRequest {
    fn default() -> Self {
        Self {
            scope: Scope::default(),
            audience: Vec::new(),
            acr_values: Vec::new(),
            hint: Hint::Login(String::new()),
            binding_message: None,
            user_code: None,
            delivery_mode: TokenDeliveryMode::Poll,
            client_notification_token: None,
            expires_in: 0,
        }
    }
}
