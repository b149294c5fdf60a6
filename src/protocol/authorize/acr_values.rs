//! `acr_values` and the client's `default_acr_values` (OpenID Connect Core 1.0 §3.1.2.1, §5.5.1.1).

use moneta_events::client::ClientMetadata;

use super::Asked;
use crate::protocol::{params::Params, rules::Rules};

pub(super) fn read(asked: &Asked<'_>) -> Vec<String> {
    wanted(asked.params, asked.client.metadata, asked.rules)
}

/// The wanted authentication contexts that exist here, best first. They are wishes: what nobody here
/// knows is left out and is no error.
pub(in crate::protocol) fn wanted(
    params: &Params<'_>,
    client: &ClientMetadata,
    rules: &Rules,
) -> Vec<String> {
    let wanted: Vec<&str> = match params.get("acr_values") {
        Some(text) => text.split(' ').collect(),
        None => client.default_acr_values.iter().map(String::as_str).collect(),
    };
    let mut known: Vec<String> = Vec::new();
    for name in wanted {
        if rules.acr_rank(name).is_some() && !known.iter().any(|own| own == name) {
            known.push(name.to_owned());
        }
    }
    known
}
