//! What a client sees, ready to be shown: secrets shortened, JSON taken apart.

use serde_json::{Map, Value};

use super::json;
use crate::{ports::http_client::Answer, ui::Panel};

/// Characters shown of a secret.
const SHOWN: usize = 14;

/// One thing that came.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) title: String,
    pub(super) source: String,
    pub(super) note: String,
    pub(super) rows: Vec<(String, String)>,
    pub(super) body: String,
    /// Whether it is the provider's record and not what came to the client.
    pub(super) on_record: bool,
}

impl Seen {
    pub(super) fn new(title: &str, source: &str, note: impl Into<String>) -> Self {
        let (title, source) = (title.to_owned(), source.to_owned());
        Self { title, source, note: note.into(), ..Self::default() }
    }

    /// What the provider put on record.
    pub(super) fn on_record(event_type: &str, note: impl Into<String>) -> Self {
        Self { on_record: true, ..Self::new("What is on record", event_type, note) }
    }

    /// With a further row.
    #[must_use]
    pub(super) fn row(mut self, name: &str, value: impl Into<String>) -> Self {
        self.rows.push((name.to_owned(), value.into()));
        self
    }

    /// With what an endpoint answered, member by member.
    #[must_use]
    pub(super) fn members(self, answer: &Answer) -> Self {
        let seen = self.row("status", answer.status.to_string());
        object(&answer.body).into_iter().fold(seen, |seen, (name, value)| {
            let value = match value {
                Value::String(text) => shorten(&text),
                other => other.to_string(),
            };
            seen.row(&name, value)
        })
    }

    /// With what an endpoint answered, as it is.
    #[must_use]
    pub(super) fn whole(mut self, answer: &Answer) -> Self {
        self.body = json::pretty(&answer.body);
        self.row("status", answer.status.to_string())
    }

    /// As the page takes it.
    pub(super) fn panel(&self) -> Panel<'_> {
        Panel {
            title: &self.title,
            source: &self.source,
            on_record: self.on_record,
            note: &self.note,
            rows: self.rows.iter().map(|(name, value)| (name.as_str(), value.clone())).collect(),
            body: self.body.clone(),
        }
    }
}

/// The members of a JSON object; none where it is no such thing.
pub(super) fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// The beginning of a secret, and how long it is.
pub(super) fn shorten(text: &str) -> String {
    let is_secret = text.len() > 60 && !text.contains(' ');
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) if is_secret => format!("{}… ({} characters)", &text[..end], text.len()),
        _ => text.to_owned(),
    }
}
