//! A codec that sends what no codec would.

use bytes::{Bytes, BytesMut};
use micro_runtime::codec::{Codec, DecodeError, EncodeError, Payload};

/// Sends the same bytes for every message, under the name of any codec.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) name: &'static str,
    pub(crate) bytes: &'static [u8],
}

impl Codec for Raw {
    fn name(&self) -> &'static str {
        self.name
    }

    fn encode(&self, _: &dyn Payload, out: &mut BytesMut) -> Result<(), EncodeError> {
        out.extend_from_slice(self.bytes);
        Ok(())
    }

    fn decode(&self, _: Bytes, _: &mut dyn Payload) -> Result<(), DecodeError> {
        Ok(())
    }
}
