//! What goes on record of the settings, and the version that names it.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::Digest;
use serde_json::{Value, json};

use super::resolved::Settings;

/// Bytes of the digest that make a version.
const VERSION: usize = 8;

/// Fills in [`Settings::recorded`] and [`Settings::version`]. End-users are counted and no more: what is
/// personal goes on record only sealed, with the subject it belongs to.
pub(super) fn record(settings: &mut Settings) {
    let clients: Vec<_> = settings.clients.iter().map(|client| &client.metadata).collect();
    let mut recorded = json!({
        "issuer": settings.issuer,
        "data": settings.data,
        "node": settings.node,
        "playground": settings.playground,
        "server": settings.server,
        "lifetimes": settings.lifetimes,
        "limits": settings.limits,
        "device": settings.device,
        "backchannel": settings.backchannel,
        "outbound": settings.outbound,
        "scopes": settings.scopes,
        "acr": settings.acr,
        "resources": settings.resources,
        "keys": settings.keys,
        "passwords": settings.passwords,
        "brand": settings.brand,
        "clients": clients,
        "users": settings.users.len(),
    });
    recorded.sort_all_objects();
    settings.version = version(&recorded);
    settings.recorded = recorded;
}

fn version(recorded: &Value) -> Arc<str> {
    let digest = Digest::of(&[recorded.to_string().as_bytes()]);
    URL_SAFE_NO_PAD.encode(&digest.0[..VERSION]).into()
}
