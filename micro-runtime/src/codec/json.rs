//! Canonical proto3 JSON as a codec.

use bytes::{BufMut, Bytes, BytesMut};

use super::{Codec, DecodeError, EncodeError, Payload};

/// Canonical proto3 JSON, called `json`.
///
/// Source of the format: protobuf's "ProtoJSON Format" page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Codec for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn encode(&self, payload: &dyn Payload, out: &mut BytesMut) -> Result<(), EncodeError> {
        let mut text = Vec::with_capacity(self.size_hint(payload));
        payload.write_json(&mut text)?;
        out.put_slice(&text);
        Ok(())
    }

    fn decode(&self, bytes: Bytes, payload: &mut dyn Payload) -> Result<(), DecodeError> {
        payload.merge_json(&bytes)
    }

    fn size_hint(&self, payload: &dyn Payload) -> usize {
        2 * payload.encoded_len() + 16
    }
}
