//! The shape of the file, asked from the very code that reads it: a deserializer that gives every type
//! the first value it takes and notes what it asked for.

use serde::{
    de::{
        DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{Error, StrDeserializer},
    },
    forward_to_deserialize_any,
};

use super::duration;

/// What an option takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Shape {
    #[default]
    Anything,
    Text,
    Boolean,
    Whole {
        most: u64,
    },
    Duration,
    Choice(&'static [&'static str]),
    List(Box<Self>),
    /// A table with these keys.
    Table(Vec<(&'static str, Self)>),
    /// A table with keys that the file chooses.
    Named(Box<Self>),
}

/// The shape of what `T` is read from.
pub(crate) fn shape<T: serde::de::DeserializeOwned>() -> Shape {
    let mut shape = Shape::default();
    T::deserialize(Asker(&mut shape)).expect("every type of the file takes the first value");
    shape
}

/// The first value of everything.
struct Asker<'a>(&'a mut Shape);

macro_rules! answers {
    ($($method:ident $shape:expr, $visit:ident $value:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            *self.0 = $shape;
            visitor.$visit($value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Asker<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        *self.0 = Shape::Anything;
        visitor.visit_unit()
    }

    answers! {
        deserialize_bool Shape::Boolean, visit_bool false;
        deserialize_u16 Shape::Whole { most: u16::MAX.into() }, visit_u16 0;
        deserialize_u32 Shape::Whole { most: u32::MAX.into() }, visit_u32 0;
        deserialize_u64 Shape::Whole { most: u64::MAX }, visit_u64 0;
        deserialize_str Shape::Text, visit_str "";
        deserialize_string Shape::Text, visit_str "";
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == duration::TYPE {
            *self.0 = Shape::Duration;
            return visitor.visit_newtype_struct(0_i64.into_deserializer());
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut element = Shape::default();
        let value = visitor.visit_seq(Once(Some(&mut element)))?;
        *self.0 = Shape::List(Box::new(element));
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut element = Shape::default();
        let value = visitor.visit_map(Once(Some(&mut element)))?;
        *self.0 = Shape::Named(Box::new(element));
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let mut table = Vec::with_capacity(fields.len());
        let value = visitor.visit_map(Fields { names: fields.iter(), table: &mut table })?;
        *self.0 = Shape::Table(table);
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = Shape::Choice(variants);
        visitor.visit_enum(IntoDeserializer::<Error>::into_deserializer(variants[0]))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 u8 i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
        identifier ignored_any
    }
}

/// One element, or one entry with an empty name.
struct Once<'a>(Option<&'a mut Shape>);

impl<'de> SeqAccess<'de> for Once<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.0.take().map(|shape| seed.deserialize(Asker(shape))).transpose()
    }
}

impl<'de> MapAccess<'de> for Once<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let key = self.0.as_ref().map(|_| StrDeserializer::new(""));
        key.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(Asker(self.0.take().unwrap_or(&mut Shape::default())))
    }
}

struct Fields<'a> {
    names: std::slice::Iter<'static, &'static str>,
    table: &'a mut Vec<(&'static str, Shape)>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some(name) = self.names.next() else { return Ok(None) };
        self.table.push((name, Shape::default()));
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let mut shape = Shape::default();
        let value = seed.deserialize(Asker(&mut shape))?;
        if let Some((_, place)) = self.table.last_mut() {
            *place = shape;
        }
        Ok(value)
    }
}
