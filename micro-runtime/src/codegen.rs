//! What generated code may name, and nothing else. Not for use by hand: it changes with the generator.

pub mod files;

pub use std::future::Future;
pub use std::sync::Arc;
pub use std::vec::Vec;

pub use bytes::{Bytes, BytesMut};
pub use futures_core::Stream;
pub use prost;

pub use crate::client::{Call, Client, Request, Target};
pub use crate::codec::{DecodeError, EncodeError, Payload};
pub use crate::context::Context;
pub use crate::descriptor::{FileDesc, HttpRule, Idempotency, Kind, MethodDesc, ServiceDesc};
pub use crate::dispatch::{Dispatch, bidi, client_stream, server_stream, unary, unknown_method};
pub use crate::error::{Error, Result};
pub use crate::event::Event;
pub use crate::json;
pub use crate::json::MessageType;
pub use crate::streaming::{StreamItem, Streaming};
pub use crate::transport::{Answer, ServerCall};

/// What generated code relies on, by number: this runtime keeps these contracts.
const CONTRACTS: std::ops::RangeInclusive<u32> = 1..=1;

/// Generated code says which contract it relies on: with a runtime that does not keep it, it fails to compile, and the
/// compiler says why.
///
/// ```
/// const _: () = micro_runtime::codegen::contract(1);
/// ```
/// ```compile_fail
/// const _: () = micro_runtime::codegen::contract(1000);
/// ```
///
/// # Panics
/// If this runtime does not keep the contract; generated code calls it while it is compiled.
pub const fn contract(number: u32) {
    assert!(
        number <= *CONTRACTS.end(),
        "this file was generated for a newer micro-runtime: update micro-runtime to the version of the generator"
    );
    assert!(
        number >= *CONTRACTS.start(),
        "this file was generated for an older micro-runtime: generate it again with the generator of this version"
    );
}

/// Merges protobuf bytes into a message of prost's.
///
/// # Errors
/// If the bytes are no encoding of that message.
pub fn merge<M: prost::Message>(message: &mut M, bytes: Bytes) -> Result<(), DecodeError> {
    message.merge(bytes).map_err(DecodeError::from_cause)
}

#[cfg(test)]
mod tests {
    use super::contract;

    #[test]
    #[should_panic(expected = "generated for a newer micro-runtime: update micro-runtime")]
    fn a_file_of_a_newer_generator_asks_for_a_newer_runtime() {
        contract(2);
    }

    #[test]
    #[should_panic(expected = "generated for an older micro-runtime: generate it again")]
    fn a_file_of_an_older_generator_asks_to_be_made_again() {
        contract(0);
    }
}
