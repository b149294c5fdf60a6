//! `display`, `ui_locales`, `claims_locales`: how the pages and claims should look. Wishes, never errors
//! (OpenID Connect Core 1.0 §3.1.2.1, §5.2).

use super::Asked;

/// The kinds of page there are (OpenID Connect Core 1.0 §3.1.2.1).
pub const DISPLAY: [&str; 4] = ["page", "popup", "touch", "wap"];

/// Languages kept of one request.
const MAX_LOCALES: usize = 10;

/// The wanted kind of page, if it is one.
pub(super) fn display(asked: &Asked<'_>) -> Option<String> {
    let text = asked.params.get("display")?;
    DISPLAY.contains(&text).then(|| text.to_owned())
}

/// The wanted languages of `name`, best first: those spelled like a language tag (RFC 5646 §2.1).
pub(super) fn languages(asked: &Asked<'_>, name: &str) -> Vec<String> {
    let text = asked.params.get(name).unwrap_or_default();
    text.split(' ').filter(|tag| is_language(tag)).take(MAX_LOCALES).map(str::to_owned).collect()
}

/// Subtags of one to eight letters and digits, the first of letters only.
fn is_language(tag: &str) -> bool {
    let subtag = |text: &str| {
        matches!(text.len(), 1..=8) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let primary = tag.split('-').next().unwrap_or_default();
    tag.len() <= 35
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && tag.split('-').all(subtag)
}
