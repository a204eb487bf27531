//! Canonical proto3 JSON, as generated code reads and writes it: one line for each field.
//!
//! Source of the format: protobuf's "ProtoJSON Format" page. 64-bit integers are strings, bytes are base64,
//! enums are names, and absent values are left out. Reading is more tolerant: both spellings of a field's
//! name, numbers as strings, `null` for "not set", and fields that are not known are passed over.

pub use serde::de::MapAccess;
pub use serde::ser::SerializeMap;

use crate::codec::{DecodeError, EncodeError};

mod depth;
mod field;
mod kind;
mod list;
mod map;
mod message;
mod path;
mod scalar;
mod token;

pub use field::{
    get, get_list, get_map, get_one, get_some, put, put_always, put_list, put_map, put_some, skip,
};
pub use kind::{Enum, JsonEnum, Kind, Nested, Plain};
pub use map::{JsonMap, MapKey};
pub use message::JsonMessage;
pub use scalar::Scalar;

/// How deep objects and lists may lie in each other in what is read, as with protobuf's own decoders.
const MAX_DEPTH: usize = 100;

/// Appends a message as JSON text.
///
/// # Errors
/// If a value has no JSON form.
pub fn write<M: JsonMessage>(message: &M, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut serializer = serde_json::Serializer::new(out);
    Nested::write(message, &mut serializer).map_err(EncodeError::from_cause)
}

/// Merges JSON text into a message: a field that the text has replaces what the message held.
///
/// # Errors
/// If the text is no JSON of such a message, naming the field and what it wanted.
pub fn merge<M: JsonMessage>(message: &mut M, text: &[u8]) -> Result<(), DecodeError> {
    let deep = depth::of(text);
    if deep > MAX_DEPTH {
        let text = format!("objects and lists lie {deep} deep in each other, more than {MAX_DEPTH}");
        return Err(DecodeError::new(text));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let merged = message::merge(message, &mut deserializer);
    merged.and_then(|()| deserializer.end()).map_err(DecodeError::from_cause)
}

#[cfg(test)]
mod tests;
