//! `google.protobuf.Empty`: an object without fields.

use serde::ser::SerializeMap;
use serde::{Deserializer, Serializer};

use crate::json::{JsonMessage, JsonValue, Kind, MapAccess, Nested, skip};

/// Nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Empty {}

impl JsonMessage for Empty {
    const FIELDS: &'static [(&'static str, u16)] = &[];

    fn write_fields<M: SerializeMap>(&self, _: &mut M) -> Result<(), M::Error> {
        Ok(())
    }

    fn read_field<'de, A: MapAccess<'de>>(&mut self, _: u16, map: &mut A) -> Result<(), A::Error> {
        skip(map)
    }
}

impl JsonValue for Empty {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        <Nested as Kind<Self>>::write(self, serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <Nested as Kind<Self>>::read(deserializer)
    }
}
