//! `acr_values` and the client's `default_acr_values` (OpenID Connect Core 1.0 §3.1.2.1, §5.5.1.1).

use super::Asked;

/// The wanted authentication contexts that exist here, best first. They are wishes: what nobody here
/// knows is left out and is no error.
pub(super) fn read(asked: &Asked<'_>) -> Vec<String> {
    let wanted: Vec<&str> = match asked.params.get("acr_values") {
        Some(text) => text.split(' ').collect(),
        None => asked.client.metadata.default_acr_values.iter().map(String::as_str).collect(),
    };
    let mut known: Vec<String> = Vec::new();
    for name in wanted {
        if asked.rules.acr_rank(name).is_some() && !known.iter().any(|own| own == name) {
            known.push(name.to_owned());
        }
    }
    known
}
