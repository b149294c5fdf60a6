//! `user_code` (CIBA Core 1.0 §7.1, §13): a secret of the end-user's that only those clients know whom they
//! told it, so that nobody else can make their device ring.

use moneta_events::Reason;
use zeroize::Zeroizing;

use super::Asked;
use crate::protocol::error::{ErrorCode, OAuthError};

/// Bytes; nobody types more.
const LONGEST: usize = 128;

/// What is known of the end-user's code once it was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserCode {
    /// They have none, and none came.
    NotSet,
    /// They have one, and none came.
    Missing,
    /// It came and is theirs.
    Right,
    /// What came is not theirs, or they have none.
    Wrong,
}

/// The code as it came. Only a client that registered that it asks end-users for it may send one.
pub(super) fn read(asked: &Asked<'_>) -> Result<Option<Zeroizing<String>>, OAuthError> {
    let Some(code) = asked.params.get("user_code") else { return Ok(None) };
    if !asked.client.metadata().backchannel_user_code_parameter {
        return Err(const {
            OAuthError::malformed("the client did not register that it sends a user_code")
        });
    }
    if code.len() > LONGEST {
        return Err(INVALID);
    }
    Ok(Some(Zeroizing::new(code.to_owned())))
}

/// Whether the request may go to the end-user's device, and whether their code opened the way. Who has a
/// code is not disturbed without it, whatever the client registered.
pub const fn check(user_code: UserCode) -> Result<bool, OAuthError> {
    match user_code {
        UserCode::NotSet => Ok(false),
        UserCode::Right => Ok(true),
        UserCode::Wrong => Err(INVALID),
        UserCode::Missing => Err(const {
            OAuthError::new(
                ErrorCode::MissingUserCode,
                Reason::UserCodeMissing,
                "this end-user is only asked with their user_code",
            )
        }),
    }
}

const INVALID: OAuthError = OAuthError::new(
    ErrorCode::InvalidUserCode,
    Reason::UserCodeInvalid,
    "the user_code is not the one of this end-user",
);
