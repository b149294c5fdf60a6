//! A device without a browser (RFC 8628).

use super::{answer::Answer, http::pairs, rp::Client};

/// What a device is told when it asks.
#[derive(Debug, Clone)]
pub struct Codes {
    /// `device_code`.
    pub device: String,
    /// `user_code`.
    pub user: String,
}

impl Codes {
    /// Of a device authorization response.
    ///
    /// # Panics
    /// Where it is none.
    pub fn of(answer: &Answer) -> Self {
        let text = |name: &str| {
            answer.member(name).unwrap_or_else(|| panic!("no {name} in {}", answer.whole()))
        };
        Self { device: text("device_code"), user: text("user_code") }
    }

    /// Path and query of the page where its user goes on.
    pub fn path(&self) -> String {
        format!("/device?user_code={}", self.user)
    }
}

impl Client {
    /// Asks for codes (RFC 8628 §3.1).
    pub async fn device_authorization(&self, scope: &str) -> Answer {
        self.post("/device_authorization", pairs([("scope", scope)])).await
    }

    /// The same of a client that may.
    pub async fn codes(&self, scope: &str) -> Codes {
        Codes::of(&self.device_authorization(scope).await)
    }

    /// Asks for the tokens (RFC 8628 §3.4).
    pub async fn poll(&self, device_code: &str) -> Answer {
        self.post("/token", Self::polling(device_code)).await
    }

    /// The form that asks for the tokens.
    pub fn polling(device_code: &str) -> Vec<(String, String)> {
        pairs([
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", device_code),
        ])
    }
}
