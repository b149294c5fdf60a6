//! Reads one layer into a tree: a TOML file, the environment, the flags.

use std::sync::Arc;

use toml::de::{DeTable, DeValue};

use super::{
    error::Problem,
    tree::{Entry, Node, Origin, Value},
};

/// What every environment variable of the configuration begins with.
pub(crate) const PREFIX: &str = "MONETA__";

/// Reads TOML. Where its syntax is broken, every place where it is.
pub(crate) fn file(text: &str, origin: &Place) -> Result<Node, Vec<Problem>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let at = origin.at(text, 0);
        return Ok(Node { value: from_table(table.get_ref(), text, origin), origin: at });
    }
    Err(errors
        .iter()
        .map(|error| Problem {
            origin: Some(origin.at(text, error.span().map_or(text.len(), |span| span.start))),
            path: String::new(),
            text: format!("not TOML: {}", error.message()),
        })
        .collect())
}

/// How the places of a text are called.
pub(crate) enum Place {
    /// By line and column of a file.
    File {
        name: Arc<str>,
        /// Where each line begins.
        lines: Vec<usize>,
    },
    /// All the same.
    Same(Origin),
}

impl Place {
    /// Places in a file that holds `text`.
    pub(crate) fn file(name: &str, text: &str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self::File { name: name.into(), lines: std::iter::once(0).chain(after_breaks).collect() }
    }

    fn at(&self, text: &str, offset: usize) -> Origin {
        match self {
            Self::Same(origin) => origin.clone(),
            Self::File { name, lines } => {
                let line = lines.partition_point(|start| *start <= offset);
                let before = &text[lines[line - 1]..text.floor_char_boundary(offset)];
                Origin::File { file: Arc::clone(name), line, column: before.chars().count() + 1 }
            }
        }
    }
}

fn from_table(table: &DeTable<'_>, text: &str, place: &Place) -> Value {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    Value::Table(
        entries
            .into_iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                at: place.at(text, key.span().start),
                node: Node {
                    value: from_value(value.get_ref(), text, place),
                    // A table in a header has no place of its own that people would look at.
                    origin: match value.get_ref() {
                        DeValue::Table(_) => place.at(text, key.span().start),
                        _ => place.at(text, value.span().start),
                    },
                },
            })
            .collect(),
    )
}

fn from_value(value: &DeValue<'_>, text: &str, place: &Place) -> Value {
    match value {
        DeValue::String(content) => Value::Text(content.to_string()),
        DeValue::Boolean(content) => Value::Boolean(*content),
        DeValue::Integer(content) => i64::from_str_radix(content.as_str(), content.radix())
            .map_or_else(|_| Value::Text(content.to_string()), Value::Integer),
        DeValue::Float(content) => {
            content.as_str().parse().map_or_else(|_| Value::Text(content.to_string()), Value::Float)
        }
        // No option is a date; a claim may look like one, and claims are text.
        DeValue::Datetime(content) => Value::Text(content.to_string()),
        DeValue::Table(table) => from_table(table, text, place),
        DeValue::Array(elements) => Value::List(
            elements
                .iter()
                .map(|element| Node {
                    value: from_value(element.get_ref(), text, place),
                    origin: place.at(text, element.span().start),
                })
                .collect(),
        ),
    }
}

/// Reads `MONETA__SECTION__KEY` variables; all others are somebody else's.
pub(crate) fn environment(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Node, Vec<Problem>> {
    let mut variables: Vec<_> = variables.filter(|(name, _)| name.starts_with(PREFIX)).collect();
    variables.sort();
    assignments(variables.into_iter().map(|(name, value)| {
        let path = name[PREFIX.len()..].split("__").map(str::to_ascii_lowercase).collect();
        (path, value, Origin::Environment(name.into()))
    }))
}

/// Reads flags, each a path with dots and a value; the last one of a path wins.
pub(crate) fn flags(flags: Vec<(String, String)>) -> Result<Node, Vec<Problem>> {
    assignments(flags.into_iter().map(|(name, value)| {
        let path = name.split('.').map(str::to_owned).collect();
        (path, value, Origin::Flag(name.into()))
    }))
}

fn assignments(
    all: impl Iterator<Item = (Vec<String>, String, Origin)>,
) -> Result<Node, Vec<Problem>> {
    let mut root = Node::empty(Origin::Default);
    let mut problems = Vec::new();
    for (path, word, origin) in all {
        match value(word, &origin) {
            Err(text) => {
                problems.push(Problem { origin: Some(origin), path: path.join("."), text });
            }
            Ok(value) => {
                let leaf = Node { value, origin: origin.clone() };
                root.merge(path.into_iter().rfold(leaf, |node, key| Node {
                    value: Value::Table(vec![Entry { key, at: origin.clone(), node }]),
                    origin: origin.clone(),
                }));
            }
        }
    }
    if problems.is_empty() { Ok(root) } else { Err(problems) }
}

/// A list or table in TOML's notation, or a word.
fn value(word: String, origin: &Origin) -> Result<Value, String> {
    if !word.starts_with(['[', '{']) {
        return Ok(Value::Word(word));
    }
    match DeValue::parse(&word) {
        Ok(parsed) => Ok(from_value(parsed.get_ref(), &word, &Place::Same(origin.clone()))),
        Err(error) => Err(format!("not a list or table in TOML's notation: {}", error.message())),
    }
}
