//! A sealed field together with where it stood, which is what opening it takes.

use moneta_events::Sealed;

/// A personal field as an event holds it. Event type and field name are part of what its ciphertext is
/// bound to; the stream is the view's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedField {
    /// The ciphertext.
    pub sealed: Sealed,
    /// The type of the event it stands in.
    pub event_type: &'static str,
    /// Its name there.
    pub field: &'static str,
}

impl SealedField {
    pub(crate) fn new(sealed: &Sealed, event_type: &'static str, field: &'static str) -> Self {
        Self { sealed: sealed.clone(), event_type, field }
    }
}
