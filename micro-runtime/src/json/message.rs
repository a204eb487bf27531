//! Messages: objects whose keys are looked up in a generated table.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;

use super::path;
use crate::descriptor::FileDesc;

/// A message's fields by name; generated.
pub trait JsonMessage: Default {
    /// Every name that a field has in JSON, sorted, with a number that [`read_field`](Self::read_field) knows it by.
    const FIELDS: &'static [(&'static str, u16)];
    /// The file that declares the message: an `Any` in it may hold the types of that file and of its imports.
    const FILE: Option<&'static FileDesc> = None;

    /// Writes every field that is to be written.
    ///
    /// # Errors
    /// Those of the map.
    fn write_fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;

    /// Reads the value of one field.
    ///
    /// # Errors
    /// If the field cannot hold the value.
    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        field: u16,
        map: &mut A,
    ) -> Result<(), A::Error>;
}

impl<M: JsonMessage> JsonMessage for Box<M> {
    const FIELDS: &'static [(&'static str, u16)] = M::FIELDS;
    const FILE: Option<&'static FileDesc> = M::FILE;

    fn write_fields<S: SerializeMap>(&self, map: &mut S) -> Result<(), S::Error> {
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
    Merge(&mut message).deserialize(deserializer)?;
    Ok(message)
}

/// Reads an object into a message.
pub(super) struct Merge<'a, M>(pub(super) &'a mut M);

impl<'de, M: JsonMessage> DeserializeSeed<'de> for Merge<'_, M> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, M: JsonMessage> Visitor<'de> for Merge<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        debug_assert!(M::FIELDS.is_sorted(), "the generator sorts the names");
        let mut seen = Seen::default();
        while let Some(key) = map.next_key_seed(FieldName::<M>(PhantomData))? {
            let Some((name, field)) = key else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if !seen.insert(field) {
                return Err(path::in_field(name, &A::Error::custom("given twice")));
            }
            self.0.read_field(field, &mut map).map_err(|error| path::in_field(name, &error))?;
        }
        Ok(())
    }
}

/// Finds a key in the table of names, without copying it.
struct FieldName<M>(PhantomData<M>);

impl<'de, M: JsonMessage> DeserializeSeed<'de> for FieldName<M> {
    type Value = Option<(&'static str, u16)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<M: JsonMessage> Visitor<'_> for FieldName<M> {
    type Value = Option<(&'static str, u16)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let found = M::FIELDS.binary_search_by_key(&text, |(name, _)| name);
        Ok(found.ok().map(|index| M::FIELDS[index]))
    }
}

/// The fields that came already; the first 64 take no allocation.
#[derive(Default)]
struct Seen {
    first: u64,
    others: Vec<u16>,
}

impl Seen {
    /// Notes a field; false if it came before.
    fn insert(&mut self, field: u16) -> bool {
        if field < 64 {
            let bit = 1 << field;
            let new = self.first & bit == 0;
            self.first |= bit;
            return new;
        }
        let new = !self.others.contains(&field);
        self.others.push(field);
        new
    }
}
