//! Canonical proto3 JSON for generated messages: one generated line a field, each way.
//!
//! Source of the format: protobuf's "ProtoJSON Format" page. Generated code implements [`JsonMessage`] and
//! [`JsonEnum`] and calls the `put…` and `get…` functions; [`write()`] and [`merge()`] are the ways in. What a
//! value looks like is said by a [`Kind`]: [`Plain`], [`Enum`] or [`Nested`].

pub use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{DecodeError, EncodeError};

mod error;
mod field;
mod kind;
pub(crate) mod known;
pub(crate) mod list;
pub(crate) mod map;
mod message;
mod reader;
mod scalar;
mod scan;
mod serde_traits;
pub(crate) mod text;
pub(crate) mod token;
pub(crate) mod types;

#[cfg(test)]
mod tests;

pub use error::Error;
pub use field::{
    get, get_list, get_map, get_one, get_required, get_some, put, put_always, put_list, put_map,
    put_some, skip,
};
pub use kind::{Enum, JsonEnum, Kind, Nested, Plain};
pub use known::{JsonValue, Known, Null};
pub use map::{JsonMap, MapKey};
pub use message::JsonMessage;
pub use reader::Reader;
pub use scalar::Scalar;
pub use serde_traits::{deserialize, serialize};
pub(crate) use serde_traits::{deserialize_value, serialize_value};
pub use types::{MessageType, Types};

/// Appends a message as JSON text.
///
/// # Errors
/// If a value has no JSON form; the error names the field.
pub fn write<M: JsonMessage>(message: &M, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    Ok(types::inside(M::FILE, || Nested::write(message, out))?)
}

/// Merges JSON text into a message: what the text names is replaced, the rest stays. Unknown fields are ignored.
///
/// # Errors
/// If the text is not one JSON object and nothing else, nests deeper than 100 levels, or has a value that its
/// field cannot hold; the error names the field and what it wants, and the line and column.
pub fn merge<M: JsonMessage>(message: &mut M, text: &[u8]) -> Result<(), DecodeError> {
    if text.trim_ascii().is_empty() {
        return Err(DecodeError::new("there is no text: a message without fields is {}"));
    }
    types::inside(M::FILE, || read_whole(text, |reader| message::merge(message, reader)))
}

/// Reads one value and nothing else.
fn read_whole<T>(
    text: &[u8],
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, Error>,
) -> Result<T, DecodeError> {
    let checked = str::from_utf8(text)
        .map_err(|error| Error::at(error.valid_up_to(), "the text is not UTF-8"))
        .and_then(|text| {
            let mut reader = Reader::new(text);
            let value = read(&mut reader)?;
            reader.end().map(|()| value)
        });
    checked.map_err(|error| error.into_decode_error(text))
}
