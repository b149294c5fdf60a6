//! Reads a tree into typed structures, with every mistake named by its place.
//!
//! Serde stops at the first mistake. So the mistake is noted, its value is exchanged for the default,
//! and the tree is read again, until nothing is left to complain about.

use std::fmt::{self, Display};

use serde::{
    de::{
        self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
        Visitor, value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{
    error::{Problems, did_you_mean},
    tree::{Entry, Node, Origin, Path, Step, Value},
};

/// Reads `tree`; `None` where a mistake cannot be passed over. Noted mistakes are in `problems`.
pub(crate) fn read<T: de::DeserializeOwned>(
    tree: &Node,
    defaults: &Node,
    problems: &mut Problems,
) -> Option<T> {
    let mut tree = tree.clone();
    loop {
        let Mistake { steps, kind, text } = match T::deserialize(Reader(&tree)) {
            Ok(read) => return Some(read),
            Err(mistake) => mistake,
        };
        let path = Path(steps.into_iter().rev().collect());
        let mended = match kind {
            Kind::Unknown(key) => {
                let path = path.key(&key);
                problems.add_key(&path, text);
                tree.remove(&path)
            }
            Kind::Missing(key) => {
                let path = path.key(key);
                problems.add(&path, text);
                tree.put(&path, blank())
            }
            Kind::Wrong => {
                problems.add(&path, text);
                exchange(&mut tree, &path, defaults)
            }
        };
        if !mended {
            return None;
        }
    }
}

/// Passes as text and as a list.
const fn blank() -> Node {
    Node { value: Value::Word(String::new()), origin: Origin::Default }
}

/// Exchanges a wrong value for the default. Elements of a list stay in place as blanks, if they can,
/// so that the ones behind keep their index.
fn exchange(tree: &mut Node, path: &Path, defaults: &Node) -> bool {
    let wrong = tree.get(path).map(|node| (&node.value, &node.origin));
    match (wrong, defaults.get(path), path.0.last()) {
        (Some((_, Origin::Default)), Some(_), _) | (None, ..) => false,
        (_, Some(default), _) => tree.put(path, default.clone()),
        (Some((Value::Word(word), _)), None, Some(Step::Index(_))) if word.is_empty() => {
            tree.remove(path)
        }
        (_, None, Some(Step::Index(_))) => tree.put(path, blank()),
        (_, None, _) => tree.remove(path),
    }
}

/// A mistake and the way to it, last step first.
#[derive(Debug)]
struct Mistake {
    steps: Vec<Step>,
    kind: Kind,
    text: String,
}

#[derive(Debug)]
enum Kind {
    Unknown(String),
    Missing(&'static str),
    Wrong,
}

impl Mistake {
    const fn new(kind: Kind, text: String) -> Self {
        Self { steps: Vec::new(), kind, text }
    }

    fn wrong(expected: impl Display, found: &Node) -> Self {
        let found = match &found.value {
            Value::Text(_) => "text in quotes",
            Value::Word(_) => "other text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a fraction",
            Value::Boolean(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        };
        Self::new(Kind::Wrong, format!("expected {expected}, found {found}"))
    }

    fn below(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Mistake {}

/// None of these says what was found there: it could be a secret.
impl de::Error for Mistake {
    fn custom<T: Display>(text: T) -> Self {
        Self::new(Kind::Wrong, text.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("expected {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("expected {expected}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let all = expected.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let meant = did_you_mean(variant, expected.iter().copied());
        Self::custom(format_args!("expected one of {all}{meant}"))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let meant = did_you_mean(field, expected.iter().copied());
        Self::new(Kind::Unknown(field.to_owned()), format!("unknown key{meant}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Kind::Missing(field), "is missing".to_owned())
    }
}

#[derive(Clone, Copy)]
struct Reader<'a>(&'a Node);

impl Reader<'_> {
    fn whole<N: TryFrom<i64>>(self, range: impl Display) -> Result<N, Mistake> {
        let expected = || format!("a whole number {range}");
        let number = match &self.0.value {
            Value::Integer(number) => *number,
            Value::Word(word) => {
                word.trim().parse().map_err(|_| Mistake::wrong(expected(), self.0))?
            }
            _ => return Err(Mistake::wrong(expected(), self.0)),
        };
        N::try_from(number).map_err(|_| {
            Mistake::new(Kind::Wrong, format!("expected {}, found {number}", expected()))
        })
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
            visitor.$visit(self.whole(format_args!("from {} to {}", <$type>::MIN, <$type>::MAX))?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.0.value {
            Value::Text(text) | Value::Word(text) => visitor.visit_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(truth) => visitor.visit_bool(*truth),
            Value::List(elements) => {
                visitor.visit_seq(Elements { rest: elements.iter().enumerate() })
            }
            Value::Table(entries) => {
                visitor.visit_map(Entries { rest: entries.iter(), current: None })
            }
        }
    }

    whole_numbers! {
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_u64(self.whole("from 0")?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.0.value {
            Value::Boolean(truth) => visitor.visit_bool(*truth),
            Value::Word(word) if word == "true" || word == "false" => {
                visitor.visit_bool(word == "true")
            }
            _ => Err(Mistake::wrong("true or false", self.0)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.0.value {
            Value::Text(text) | Value::Word(text) => visitor.visit_str(text),
            _ => Err(Mistake::wrong("text in quotes", self.0)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    /// An empty environment variable sets nothing.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.0.value {
            Value::Word(word) if word.is_empty() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    /// A word is a list with commas.
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.0.value {
            Value::List(_) => self.deserialize_any(visitor),
            Value::Word(word) => {
                let elements: Vec<Node> = word
                    .split(',')
                    .map(str::trim)
                    .filter(|element| !element.is_empty())
                    .map(|element| Node {
                        value: Value::Word(element.to_owned()),
                        origin: self.0.origin.clone(),
                    })
                    .collect();
                visitor.visit_seq(Elements { rest: elements.iter().enumerate() })
            }
            _ => Err(Mistake::wrong("a list", self.0)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.0.value {
            Value::Table(_) => self.deserialize_any(visitor),
            _ => Err(Mistake::wrong("a table", self.0)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        match &self.0.value {
            Value::Text(text) | Value::Word(text) => {
                visitor.visit_enum(IntoDeserializer::<Mistake>::into_deserializer(text.as_str()))
            }
            _ => Err(Mistake::wrong("text in quotes", self.0)),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 u8 i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
        identifier ignored_any
    }
}

struct Elements<'a> {
    rest: std::iter::Enumerate<std::slice::Iter<'a, Node>>,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mistake> {
        let Some((index, node)) = self.rest.next() else { return Ok(None) };
        seed.deserialize(Reader(node)).map(Some).map_err(|m| m.below(Step::Index(index)))
    }
}

struct Entries<'a> {
    rest: std::slice::Iter<'a, Entry>,
    current: Option<&'a Entry>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mistake> {
        self.current = self.rest.next();
        let Some(entry) = self.current else { return Ok(None) };
        seed.deserialize(StrDeserializer::new(&entry.key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Mistake> {
        let entry = self.current.ok_or_else(|| de::Error::custom("a value without a key"))?;
        seed.deserialize(Reader(&entry.node))
            .map_err(|mistake| mistake.below(Step::Key(entry.key.clone())))
    }
}
