//! What people can prove who they are with beside a password.

use std::sync::Arc;

use crate::{
    adapters::totp::Totps,
    config::Settings,
    ports::authenticator::{OneTimeCodes, Passkeys},
    runtime::entropy::Entropy,
};

/// Passkeys, where this program and the issuer's name allow them.
#[cfg(feature = "passkeys")]
pub(super) fn passkeys(settings: &Settings) -> Option<Arc<dyn Passkeys>> {
    let party = crate::adapters::webauthn::WebAuthn::new(&settings.issuer);
    if party.is_none() {
        tracing::info!(
            issuer = settings.issuer,
            "no passkeys: browsers want a domain name on https, or http://localhost"
        );
    }
    party.map(|party| Arc::new(party) as _)
}

/// This program was built without.
#[cfg(not(feature = "passkeys"))]
pub(super) fn passkeys(_: &Settings) -> Option<Arc<dyn Passkeys>> {
    None
}

/// One-time codes.
pub(super) fn codes(settings: &Settings, entropy: &Entropy) -> Arc<dyn OneTimeCodes> {
    Arc::new(Totps::new(&settings.brand.name, entropy.clone()))
}
