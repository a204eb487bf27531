//! Protobuf, the default codec.

use bytes::{Bytes, BytesMut};

use super::{Codec, DecodeError, EncodeError, Payload};

/// The protobuf wire format, called `proto`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Protobuf;

impl Codec for Protobuf {
    fn name(&self) -> &'static str {
        "proto"
    }

    fn encode(&self, payload: &dyn Payload, out: &mut BytesMut) -> Result<(), EncodeError> {
        payload.encode(out);
        Ok(())
    }

    fn decode(&self, bytes: Bytes, payload: &mut dyn Payload) -> Result<(), DecodeError> {
        payload.merge(bytes)
    }
}
