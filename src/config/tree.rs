//! What the layers wrote, as one tree in which every value remembers where it came from.

use std::{collections::HashMap, fmt, fmt::Write as _, sync::Arc};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The built-in `config/default.toml`.
    Default,
    /// A place in a file.
    File {
        /// Its path as it was given.
        file: Arc<str>,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
    },
    /// An environment variable.
    Environment(Arc<str>),
    /// A flag of the command line, by the path it sets.
    Flag(Arc<str>),
    /// No layer set it; it follows from something else.
    Derived(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Flag(path) => write!(f, "flag {path}"),
            Self::Derived(from) => write!(f, "derived from {from}"),
        }
    }
}

/// One step down the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// The way from the root to a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Path(pub(crate) Vec<Step>);

impl Path {
    /// One level down into a table.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.step(Step::Key(key.to_owned()))
    }

    /// One level down into a list.
    pub(crate) fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    /// The way to `keys`, separated by dots.
    pub(crate) fn to(keys: &str) -> Self {
        Self(keys.split('.').map(|key| Step::Key(key.to_owned())).collect())
    }

    fn step(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

/// One value. It cannot be printed: it may be a secret.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) origin: Origin,
}

/// What a value can be.
#[derive(Clone)]
pub(crate) enum Value {
    /// Text in quotes.
    Text(String),
    /// Text from the environment or a flag, which becomes whatever is wanted in its place.
    Word(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// One key of a table.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Where the key itself is written.
    pub(crate) at: Origin,
    pub(crate) node: Node,
}

/// Keys that name an element of a list, so that people read `clients.web` and not `clients[3]`.
pub(crate) const NAMES: [&str; 4] = ["client_id", "username", "identifier", "name"];

impl Node {
    /// A table without keys.
    pub(crate) const fn empty(origin: Origin) -> Self {
        Self { value: Value::Table(Vec::new()), origin }
    }

    /// The keys of a table; none of anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of a list; none of anything else.
    pub(crate) fn elements(&self) -> &[Self] {
        match &self.value {
            Value::List(elements) => elements,
            _ => &[],
        }
    }

    /// The entry of `key`, where this is a table that has it.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    fn child(&self, step: &Step) -> Option<&Self> {
        match step {
            Step::Key(key) => self.entry(key).map(|entry| &entry.node),
            Step::Index(index) => self.elements().get(*index),
        }
    }

    fn child_mut(&mut self, step: &Step) -> Option<&mut Self> {
        match (step, &mut self.value) {
            (Step::Key(key), Value::Table(entries)) => {
                entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.node)
            }
            (Step::Index(index), Value::List(elements)) => elements.get_mut(*index),
            _ => None,
        }
    }

    /// The value at the end of `path`.
    pub(crate) fn get(&self, path: &Path) -> Option<&Self> {
        path.0.iter().try_fold(self, |node, step| node.child(step))
    }

    /// Puts `node` at the end of `path`; says whether there is a way to it.
    pub(crate) fn put(&mut self, path: &Path, node: Self) -> bool {
        let Some((last, parent)) = self.parent(path) else { return false };
        if let Some(place) = parent.child_mut(last) {
            *place = node;
            return true;
        }
        match (last, &mut parent.value) {
            (Step::Key(key), Value::Table(entries)) => {
                entries.push(Entry { key: key.clone(), at: node.origin.clone(), node });
                true
            }
            _ => false,
        }
    }

    /// Takes away what is at the end of `path`; says whether there was a way to it.
    pub(crate) fn remove(&mut self, path: &Path) -> bool {
        match self.parent(path) {
            Some((Step::Key(key), Self { value: Value::Table(entries), .. })) => {
                entries.retain(|entry| entry.key != *key);
                true
            }
            Some((Step::Index(index), Self { value: Value::List(elements), .. }))
                if *index < elements.len() =>
            {
                elements.remove(*index);
                true
            }
            _ => false,
        }
    }

    fn parent<'p>(&mut self, path: &'p Path) -> Option<(&'p Step, &mut Self)> {
        let (last, way) = path.0.split_last()?;
        let parent = way.iter().try_fold(self, |node, step| node.child_mut(step))?;
        Some((last, parent))
    }

    /// Lays `over` on this: tables are joined key by key, everything else is replaced.
    pub(crate) fn merge(&mut self, over: Self) {
        match (&mut self.value, over.value) {
            (Value::Table(own), Value::Table(entries)) => {
                for entry in entries {
                    match own.iter_mut().find(|e| e.key == entry.key) {
                        Some(place) => {
                            place.at = entry.at;
                            place.node.merge(entry.node);
                        }
                        None => own.push(entry),
                    }
                }
                self.origin = over.origin;
            }
            (_, value) => *self = Self { value, origin: over.origin },
        }
    }

    /// `path` for people: elements of lists go by their names where they have one.
    pub(crate) fn describe(&self, path: &Path) -> String {
        let mut text = String::new();
        let mut node = Some(self);
        for step in &path.0 {
            node = node.and_then(|node| node.child(step));
            match (step, node.and_then(Self::name)) {
                (Step::Index(index), None) => {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "[{index}]");
                }
                (Step::Key(name), _) | (Step::Index(_), Some(name)) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(name);
                }
            }
        }
        text
    }

    /// The name of an element of a list.
    pub(crate) fn name(&self) -> Option<&String> {
        NAMES.iter().find_map(|key| match &self.entry(key)?.node.value {
            Value::Text(text) | Value::Word(text) => Some(text),
            _ => None,
        })
    }

    /// The same value in JSON; a fraction that JSON cannot express is none.
    pub(crate) fn to_json(&self) -> Option<serde_json::Value> {
        Some(match &self.value {
            Value::Text(text) | Value::Word(text) => text.as_str().into(),
            Value::Integer(number) => (*number).into(),
            Value::Float(number) => serde_json::Number::from_f64(*number)?.into(),
            Value::Boolean(truth) => (*truth).into(),
            Value::List(elements) => {
                elements.iter().map(Self::to_json).collect::<Option<Vec<_>>>()?.into()
            }
            Value::Table(entries) => serde_json::Value::Object(
                entries
                    .iter()
                    .map(|entry| Some((entry.key.clone(), entry.node.to_json()?)))
                    .collect::<Option<_>>()?,
            ),
        })
    }

    /// The origin of every value, by the path people call it by.
    pub(crate) fn origins(&self) -> HashMap<String, Origin> {
        let mut all = HashMap::new();
        self.note_origins("", &mut all);
        all
    }

    fn note_origins(&self, path: &str, all: &mut HashMap<String, Origin>) {
        let below =
            |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        all.insert(path.to_owned(), self.origin.clone());
        for entry in self.entries() {
            entry.node.note_origins(&below(&entry.key), all);
        }
        for element in self.elements() {
            if let Some(name) = element.name() {
                element.note_origins(&below(name), all);
            }
        }
    }

    /// Where the nearest thing on the way to `path` was written; nowhere where that is the root.
    pub(crate) fn origin_of(&self, path: &Path) -> Option<Origin> {
        let mut node = self.child(path.0.first()?)?;
        for step in &path.0[1..] {
            match node.child(step) {
                Some(child) => node = child,
                None => break,
            }
        }
        Some(node.origin.clone())
    }
}
