//! Takes source positions and comments out of an encoded file descriptor; custom options stay as they are.

use prost::DecodeError;
use prost::bytes::Buf;
use prost::encoding::{DecodeContext, decode_key, skip_field};

/// `FileDescriptorProto.source_code_info`.
const SOURCE_CODE_INFO: u32 = 9;

pub(super) fn source_info(encoded: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut stripped = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while rest.has_remaining() {
        let start = rest;
        let (tag, wire_type) = decode_key(&mut rest)?;
        skip_field(wire_type, tag, &mut rest, DecodeContext::default())?;
        if tag != SOURCE_CODE_INFO {
            stripped.extend_from_slice(&start[..start.len() - rest.len()]);
        }
    }
    Ok(stripped)
}
