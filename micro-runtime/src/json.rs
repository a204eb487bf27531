//! Canonical proto3 JSON for generated messages: one generated line a field, each way.
//!
//! Source of the format: protobuf's "ProtoJSON Format" page. Generated code implements [`JsonMessage`] and
//! [`JsonEnum`] and calls the `put…` and `get…` functions; [`write()`] and [`merge()`] are the ways in. What a
//! value looks like is said by a [`Kind`]: [`Plain`], [`Enum`] or [`Nested`].

pub use serde::de::MapAccess;
pub use serde::ser::SerializeMap;
pub use serde::{Deserialize, Deserializer, Serialize, Serializer};

use serde::de::DeserializeSeed;

use crate::codec::{DecodeError, EncodeError};

mod depth;
mod field;
mod kind;
pub(crate) mod known;
mod list;
mod map;
mod message;
mod path;
mod scalar;
mod serde_traits;
mod token;
pub(crate) mod types;

#[cfg(test)]
mod tests;

pub use field::{
    get, get_list, get_map, get_one, get_required, get_some, put, put_always, put_list, put_map,
    put_some, skip,
};
pub use kind::{Enum, JsonEnum, Kind, Nested, Plain};
pub use known::{JsonValue, Known, Null};
pub use map::{JsonMap, MapKey};
pub use message::JsonMessage;
pub use scalar::Scalar;
pub use serde_traits::{deserialize, serialize};
pub use types::{MessageType, Types};

/// How deep objects and arrays may nest in text that is read.
const DEEPEST: usize = 100;

/// Appends a message as JSON text.
///
/// # Errors
/// If a value has no JSON form.
pub fn write<M: JsonMessage>(message: &M, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut serializer = serde_json::Serializer::new(out);
    serialize(message, &mut serializer).map_err(EncodeError::from_cause)
}

/// Merges JSON text into a message: what the text names is replaced, the rest stays. Unknown fields are ignored.
///
/// # Errors
/// If the text is not one JSON object and nothing else, nests deeper than 100 levels, or has a value that its
/// field cannot hold; the error names the field and what it wants.
pub fn merge<M: JsonMessage>(message: &mut M, text: &[u8]) -> Result<(), DecodeError> {
    if text.trim_ascii().is_empty() {
        return Err(DecodeError::new("there is no text: a message without fields is {}"));
    }
    if depth::of(text) > DEEPEST {
        return Err(DecodeError::new(format!("nested deeper than {DEEPEST} levels")));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    types::inside(M::FILE, || message::Merge(message).deserialize(&mut deserializer))
        .and_then(|()| deserializer.end())
        .map_err(DecodeError::from_cause)
}
