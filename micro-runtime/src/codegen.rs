//! What generated code may name, and nothing else. Not for use by hand: it changes with the generator.

pub use bytes::{Bytes, BytesMut};
pub use prost;

pub use crate::codec::{DecodeError, EncodeError, Payload};
pub use crate::error::{Error, Result};
pub use crate::json;

pub use std::vec::Vec;

/// Merges protobuf bytes into a message of prost's.
///
/// # Errors
/// If the bytes are no encoding of that message.
pub fn merge<M: prost::Message>(message: &mut M, bytes: Bytes) -> Result<(), DecodeError> {
    message.merge(bytes).map_err(DecodeError::from_cause)
}
