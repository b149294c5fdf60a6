//! Texts that pages show.

/// One line of text that pages can show: no control characters, nothing that turns the reading
/// direction.
pub(super) fn readable(text: &str, longest: usize) -> Result<(), String> {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.trim().is_empty() {
        Err("is empty".to_owned())
    } else if text.chars().count() > longest {
        Err(format!("is longer than {longest} characters"))
    } else if text.chars().any(|c| c.is_control() || turns(c)) {
        Err("has control characters".to_owned())
    } else {
        Ok(())
    }
}
