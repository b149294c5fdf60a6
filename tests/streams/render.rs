//! Events as text that reads well and is the same every time: random values get names in the order they
//! appear, times are told from the beginning of the scenario, and what is absent is left out.

use std::{collections::HashMap, fmt::Write as _};

use moneta_events::{Digest, Envelope, Recorded, Sealed, StreamId, Timestamp, Verdict, chain};
use serde_json::Value;
use uuid::Uuid;

/// Names for random values.
#[derive(Default)]
pub(crate) struct Names {
    known: HashMap<String, String>,
    counts: HashMap<String, usize>,
}

impl Names {
    /// From now on `value` is called `name`.
    pub(crate) fn call(&mut self, value: &impl ToString, name: &str) {
        self.known.insert(value.to_string(), name.to_owned());
    }

    /// The name of `value`; where it has none, the next one of its kind.
    pub(crate) fn of(&mut self, value: &impl ToString, kind: &str) -> String {
        let Self { known, counts } = self;
        let next = || {
            let count = counts.entry(kind.to_owned()).or_default();
            *count += 1;
            format!("{kind}-{count}")
        };
        known.entry(value.to_string()).or_insert_with(next).clone()
    }

    fn stream(&mut self, stream: StreamId) -> String {
        self.of(&stream, stream.category.as_str())
    }

    /// A word of the data, readable.
    fn word(&mut self, field: &str, text: &str, beginning: Timestamp) -> String {
        if field.ends_with("kid") {
            return format!("[{}]", self.of(&text, "key"));
        }
        if field == "public_jwk" {
            return "[its public half]".to_owned();
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            return since(beginning, time);
        }
        if let Ok(sealed) = serde_json::from_value::<Sealed>(Value::String(text.to_owned())) {
            return format!("[sealed for {}]", self.stream(sealed.owner));
        }
        if let Ok(stream) = text.parse::<StreamId>() {
            return format!("[{}]", self.stream(stream));
        }
        if let Ok(id) = text.parse::<Uuid>() {
            return format!("[{}]", self.of(&id, "id"));
        }
        if text.parse::<Digest>().is_ok() && !self.is_plain(text) {
            return format!("[digest of {}]", self.of(&text, "secret"));
        }
        Value::String(text.to_owned()).to_string()
    }

    /// The challenge of RFC 7636 appendix B looks like a digest, and is the same every time.
    fn is_plain(&self, text: &str) -> bool {
        self.known.get(text).is_some_and(|name| name == text)
    }
}

fn since(beginning: Timestamp, time: Timestamp) -> String {
    let micros = time.micros_since(beginning);
    assert_eq!(micros % 1_000_000, 0, "scenarios know whole seconds");
    format!("{:+}s", micros / 1_000_000)
}

/// A stream's events, from revision `from` on.
pub(crate) fn stream(
    events: &[Recorded],
    from: usize,
    names: &mut Names,
    beginning: Timestamp,
) -> String {
    chain::verify(events).expect("the digest chain holds");
    let mut text = String::new();
    for event in &events[from.min(events.len())..] {
        let envelope = event.envelope().expect("every event can be read");
        head(&mut text, &envelope, names, beginning);
        let data: Value = serde_json::from_str(envelope.data.get()).expect("data is JSON");
        body(&mut text, "", &data, names, beginning);
    }
    text
}

fn head(text: &mut String, envelope: &Envelope<'_>, names: &mut Names, beginning: Timestamp) {
    assert_eq!((envelope.node, envelope.configuration), ("node-1", "settings-1"));
    let outcome = match (envelope.outcome.result, envelope.outcome.reason) {
        (Verdict::Success, None) => "success".to_owned(),
        (Verdict::Refused, Some(reason)) => format!("refused, {}", reason.as_str()),
        (Verdict::Denied, Some(reason)) => format!("denied, {}", reason.as_str()),
        (result, reason) => panic!("{result:?} and {reason:?} do not go together"),
    };
    let Envelope { revision, event_type, schema, .. } = envelope;
    let version = if *schema == 1 { String::new() } else { format!(" (schema {schema})") };
    let _ = writeln!(text, "{revision} {event_type}{version}: {outcome}");

    let kind = serde_json::to_value(envelope.actor.kind).expect("a word");
    let mut by = kind.as_str().expect("a word").to_owned();
    if let Some(id) = &envelope.actor.id {
        let id = if id.parse::<Uuid>().is_ok() { names.of(id, "id") } else { id.to_string() };
        by = format!("{by} {id}");
    }
    let at = since(beginning, envelope.occurred_at);
    if envelope.recorded_at != envelope.occurred_at {
        by = format!("{by}, recorded {}", since(beginning, envelope.recorded_at));
    }
    let order = names.of(&envelope.order, "order");
    let request = names.of(&envelope.causation, "request");
    let _ = writeln!(text, "    {at} by {by}, {order} of {request}");

    let mut about = Vec::new();
    if let Some(transaction) = envelope.transaction {
        about.push(format!("part of {}", names.stream(transaction)));
    }
    if let Some(subject) = envelope.subject {
        about.push(format!("about {}", names.of(&subject, "subject")));
    }
    if let Some(client) = &envelope.client {
        about.push(format!("for {client}"));
    }
    if let Some(source) = &envelope.source {
        about.push(format!("source sealed for {}", names.stream(source.owner)));
    }
    if !about.is_empty() {
        let _ = writeln!(text, "    {}", about.join(", "));
    }
}

fn body(text: &mut String, path: &str, value: &Value, names: &mut Names, beginning: Timestamp) {
    let Value::Object(members) = value else { return };
    for (name, value) in members {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let shown = match value {
            Value::Null => continue,
            Value::Array(all) if all.is_empty() => continue,
            Value::Object(_) => {
                body(text, &path, value, names, beginning);
                continue;
            }
            Value::Array(all) if all.iter().any(Value::is_object) => {
                for (at, value) in all.iter().enumerate() {
                    body(text, &format!("{path}.{at}"), value, names, beginning);
                }
                continue;
            }
            Value::String(word) => names.word(name, word, beginning),
            other => other.to_string(),
        };
        let _ = writeln!(text, "    {path}: {shown}");
    }
}
