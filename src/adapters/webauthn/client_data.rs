//! What the browser says about a ceremony (Web Authentication Level 3 §5.8.1).

use moneta_events::{Reason, factor::Challenge};
use serde::Deserialize;

use super::{WebAuthn, bytes};
use crate::ports::authenticator::Challenges;

#[derive(Deserialize)]
struct ClientData<'a> {
    #[serde(rename = "type", borrow)]
    ceremony: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    challenge: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    origin: std::borrow::Cow<'a, str>,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin", default)]
    top_origin: Option<serde::de::IgnoredAny>,
}

/// Checks the client data of a `ceremony`, `webauthn.create` or `webauthn.get` (§7.1, §7.2); answers with
/// the challenge, which is one of ours.
pub(super) fn check(
    party: &WebAuthn,
    client_data: &[u8],
    ceremony: &str,
    challenges: Challenges<'_>,
) -> Result<Challenge, Reason> {
    let said: ClientData<'_> =
        serde_json::from_slice(client_data).map_err(|_| Reason::PasskeyMalformed)?;
    if said.ceremony != ceremony {
        return Err(Reason::PasskeyMalformed);
    }
    // Compared byte for byte, and never in a frame of somebody else's page.
    if said.origin != party.origin || said.cross_origin || said.top_origin.is_some() {
        return Err(Reason::PasskeyOriginMismatch);
    }
    challenges(&bytes(&said.challenge)?).ok_or(Reason::ChallengeMismatch)
}
