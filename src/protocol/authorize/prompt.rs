//! `prompt` (OpenID Connect Core 1.0 §3.1.2.1).

use moneta_events::{Reason, transaction::Prompt};

use super::Asked;
use crate::protocol::error::{ErrorCode, OAuthError};

/// Every value there is, for the metadata.
pub const ALL: [Prompt; 4] = [Prompt::None, Prompt::Login, Prompt::Consent, Prompt::SelectAccount];

/// The registered spelling.
pub const fn as_str(prompt: Prompt) -> &'static str {
    match prompt {
        Prompt::None => "none",
        Prompt::Login => "login",
        Prompt::Consent => "consent",
        Prompt::SelectAccount => "select_account",
    }
}

/// Every value must be known, and `none` must stand alone.
pub(super) fn check(asked: &Asked<'_>) -> Result<Vec<Prompt>, OAuthError> {
    const INVALID: OAuthError = OAuthError::new(
        ErrorCode::InvalidRequest,
        Reason::PromptInvalid,
        "the prompt has an unknown value, or none beside another",
    );
    let mut prompts = Vec::new();
    for word in asked.params.get("prompt").unwrap_or_default().split(' ').filter(|w| !w.is_empty())
    {
        let prompt = ALL.into_iter().find(|known| as_str(*known) == word).ok_or(INVALID)?;
        if !prompts.contains(&prompt) {
            prompts.push(prompt);
        }
    }
    if prompts.len() > 1 && prompts.contains(&Prompt::None) {
        return Err(INVALID);
    }
    Ok(prompts)
}
