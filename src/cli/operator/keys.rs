//! Orders about signing keys.

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::desk::Desk;
use crate::{engine::clients::Clients, jose::Alg};

/// A key signs for a moment after the next one has taken over, in requests that were under way.
const UNDER_WAY: u32 = 60;

/// Makes new keys. Those before them stay published for `lifetimes.keys_overlap`, and at least until the
/// last token they signed has expired (OpenID Connect Core 1.0 §10.1.1).
pub(super) async fn rotate(
    desk: &Desk<'_>,
    algorithms: &[String],
    progress: &mut (dyn FnMut(String) + Send),
) -> anyhow::Result<Value> {
    let configured = &desk.settings.keys.algorithms;
    let algorithms = if algorithms.is_empty() { configured } else { algorithms };
    if let Some(other) = algorithms.iter().find(|alg| !configured.contains(alg)) {
        bail!("{other} is not in keys.algorithms, which has {}", configured.join(", "));
    }
    let overlap = desk.settings.lifetimes.keys_overlap.max(longest_token(desk).await? + UNDER_WAY);
    let mut made = Vec::new();
    for name in algorithms {
        let alg: Alg = name.parse().with_context(|| name.clone())?;
        progress(format!("making a key for {name}"));
        let replaced = {
            let keys = desk.signing.keys();
            keys.active(alg).map(|key| key.kid().to_owned())
        };
        let context = desk.context();
        let until = context.now.plus_seconds(overlap.into());
        let kid = desk.signing.rotate(desk.facts, desk.ledger, alg, until, context).await?;
        let until = replaced.is_some().then_some(until);
        made.push(json!({
            "alg": name, "kid": kid, "replaces": replaced, "replaced_published_until": until,
        }));
    }
    Ok(json!({ "keys": made }))
}

/// Seconds the longest-lived token lives that may be signed.
async fn longest_token(desk: &Desk<'_>) -> anyhow::Result<u32> {
    let lifetimes = &desk.settings.lifetimes;
    let clients = Clients { ledger: desk.ledger, facts: desk.facts };
    let mut longest = lifetimes.id_token.max(lifetimes.access_token);
    for client in clients.all().await? {
        let own = client.view.metadata.as_ref().and_then(|client| client.access_token_lifetime);
        longest = longest.max(own.unwrap_or_default());
    }
    Ok(longest)
}
