//! What a client is told of a request that the end-user decides on a device apart (RFC 8628 §3.5, CIBA Core
//! 1.0 §11).

use moneta_events::Reason;

use crate::protocol::error::{ErrorCode, OAuthError};

/// The registered error for why there are no tokens (yet).
pub const fn refusal(reason: Reason) -> OAuthError {
    match reason {
        Reason::ApprovalPending => {
            const {
                OAuthError::new(
                    ErrorCode::AuthorizationPending,
                    Reason::ApprovalPending,
                    "the end-user has not decided yet",
                )
            }
        }
        Reason::PolledTooSoon => {
            const {
                OAuthError::new(
                    ErrorCode::SlowDown,
                    Reason::PolledTooSoon,
                    "the end-user has not decided yet; ask less often, 5 seconds more from now on",
                )
            }
        }
        Reason::ApprovalDenied => OAuthError::access_denied(Reason::ApprovalDenied),
        Reason::ApprovalExpired => {
            const {
                OAuthError::new(
                    ErrorCode::ExpiredToken,
                    Reason::ApprovalExpired,
                    "the time for it is over; begin again",
                )
            }
        }
        reason => OAuthError::invalid_grant(reason),
    }
}
