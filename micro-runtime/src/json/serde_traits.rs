//! serde's traits for messages: canonical JSON, whatever the format.

use serde::{Deserializer, Serializer};

use super::types::inside;
use super::{JsonMessage, Kind, Nested};

/// Writes a message with a serializer of any format, as it would be written as JSON.
///
/// # Errors
/// Those of the serializer, or if a value has no JSON form.
pub fn serialize<M: JsonMessage, S: Serializer>(
    message: &M,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    inside(M::FILE, || <Nested as Kind<M>>::write(message, serializer))
}

/// Reads a message from a deserializer of any format that describes itself, as it would be read from JSON.
///
/// # Errors
/// If the input is no message of this type; the error names the field and what it wants.
pub fn deserialize<'de, M: JsonMessage, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<M, D::Error> {
    inside(M::FILE, || <Nested as Kind<M>>::read(deserializer))
}
