//! `binding_message` (CIBA Core 1.0 §7.1, §13): what both devices show, so that the end-user sees that
//! they belong together. What two devices may show differently helps nobody to compare.

use moneta_events::Reason;

use super::Asked;
use crate::protocol::error::{ErrorCode, OAuthError};

/// Characters; more do not fit on the lock screen of a phone.
const LONGEST: usize = 100;

const INVALID: OAuthError = OAuthError::new(
    ErrorCode::InvalidBindingMessage,
    Reason::BindingMessageInvalid,
    "the binding_message must be at most 100 characters that every device shows alike",
);

/// Short, on one line, and plain: no control characters, nothing that is invisible or turns the direction
/// of what follows, nothing that devices draw as they please.
pub(super) fn check(asked: &Asked<'_>) -> Result<Option<String>, OAuthError> {
    let Some(text) = asked.params.get("binding_message") else { return Ok(None) };
    let is_plain = text.chars().all(is_plain) && text.trim() == text;
    if is_plain && text.chars().count() <= LONGEST {
        return Ok(Some(text.to_owned()));
    }
    Err(INVALID)
}

fn is_plain(c: char) -> bool {
    let is_drawn_freely = matches!(
        c,
        '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{27BF}' | '\u{2900}'..='\u{2BFF}' | '\u{10000}'..
    );
    let is_invisible = matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202F}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFF}'
    );
    let is_private = matches!(c, '\u{E000}'..='\u{F8FF}');
    let is_other_space = c.is_whitespace() && c != ' ';
    !(c.is_control() || is_other_space || is_drawn_freely || is_invisible || is_private)
}
