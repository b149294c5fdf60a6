//! What a client signed to be used once.

use moneta_events::Timestamp;

use crate::jose::VerifiedClaims;

/// A `jti` that its client may use once (RFC 7523 §3, CIBA Core 1.0 §7.1.1). The request that brings it
/// counts only if it can be reserved, for the client and kind of token, until `expires_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTime {
    /// The `jti`.
    pub id: String,
    /// From then on the token is refused for its age, on every node.
    pub expires_at: Timestamp,
}

/// Seconds by which clocks of nodes may differ, and then some.
const MARGIN: i64 = 60;

impl OneTime {
    /// The `jti` of a verified token.
    pub(super) fn of(claims: &VerifiedClaims) -> Self {
        Self { id: claims.id().to_owned(), expires_at: claims.expires_at().plus_seconds(MARGIN) }
    }
}
