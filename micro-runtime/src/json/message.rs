//! Messages: objects with a name for each field.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::ser::SerializeMap;

use super::{path, skip};

/// A message whose fields are read and written by number.
pub trait JsonMessage: Default {
    /// Every name of every field: the JSON name and the one of the `.proto` file.
    const FIELDS: &'static [(&'static str, u16)];

    /// Writes the fields that are set.
    ///
    /// # Errors
    /// Those of the map.
    fn write_fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;

    /// Reads the value of a field.
    ///
    /// # Errors
    /// If the value is none for this field.
    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        field: u16,
        map: &mut A,
    ) -> Result<(), A::Error>;
}

impl<M: JsonMessage> JsonMessage for Box<M> {
    const FIELDS: &'static [(&'static str, u16)] = M::FIELDS;

    fn write_fields<W: SerializeMap>(&self, map: &mut W) -> Result<(), W::Error> {
        (**self).write_fields(map)
    }

    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        field: u16,
        map: &mut A,
    ) -> Result<(), A::Error> {
        (**self).read_field(field, map)
    }
}

/// Reads an object as a new message.
pub(super) fn read<'de, M: JsonMessage, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<M, D::Error> {
    let mut message = M::default();
    merge(&mut message, deserializer)?;
    Ok(message)
}

/// Reads an object into a message.
pub(super) fn merge<'de, M: JsonMessage, D: Deserializer<'de>>(
    message: &mut M,
    deserializer: D,
) -> Result<(), D::Error> {
    deserializer.deserialize_map(Fields(message))
}

/// The fields of a message, as they come.
struct Fields<'a, M>(&'a mut M);

impl<'de, M: JsonMessage> Visitor<'de> for Fields<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = Seen::default();
        while let Some(name) = map.next_key_seed(Name)? {
            match M::FIELDS.iter().find(|(known, _)| *known == name) {
                None => skip(&mut map)?,
                Some((name, field)) if seen.insert(*field) => {
                    let read = self.0.read_field(*field, &mut map);
                    read.map_err(|error| path::in_field(name, error))?;
                }
                Some((name, _)) => return Err(path::in_field(name, A::Error::custom("given twice"))),
            }
        }
        Ok(())
    }
}

/// The fields that came: a word of bits, and a set for messages with more than 64 of them.
#[derive(Default)]
struct Seen {
    first: u64,
    others: HashSet<u16>,
}

impl Seen {
    /// Adds a field; false if it came before.
    fn insert(&mut self, field: u16) -> bool {
        if field >= 64 {
            return self.others.insert(field);
        }
        let (bit, before) = (1 << field, self.first);
        self.first |= bit;
        before & bit == 0
    }
}

/// The name of a field, borrowed where the text allows.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}
