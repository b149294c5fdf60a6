//! `acr_values` (CIBA Core 1.0 §7.1).

use super::Asked;
use crate::protocol::authorize::acr_values;

/// The wanted authentication contexts that exist here, best first.
pub(super) fn read(asked: &Asked<'_>) -> Vec<String> {
    acr_values::wanted(asked.params, asked.client.metadata(), asked.rules)
}
