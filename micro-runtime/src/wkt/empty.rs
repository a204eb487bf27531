//! `google.protobuf.Empty`: an object without fields.

use crate::json::{Error, JsonMessage, JsonValue, Kind, Nested, Reader, skip};

/// Nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Empty {}

impl JsonMessage for Empty {
    const FIELDS: &'static [(&'static str, u16)] = &[];

    fn write_fields(&self, _: &mut Vec<u8>) -> Result<(), Error> {
        Ok(())
    }

    fn read_field(&mut self, _: u16, reader: &mut Reader<'_>) -> Result<(), Error> {
        skip(reader)
    }
}

impl JsonValue for Empty {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        <Nested as Kind<Self>>::write(self, out)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        <Nested as Kind<Self>>::read(reader)
    }
}
