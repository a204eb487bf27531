//! protobuf's well-known types: times, durations, wrappers, dynamic values.
//!
//! Generated code uses them where a `.proto` file says `google.protobuf.Timestamp` and the like. They are our own, since
//! nobody but their crate can give a type a JSON form. `Any` has none here: it would need a registry of types.

mod any;
mod duration;
mod empty;
mod field_mask;
mod fraction;
mod structs;
mod timestamp;
mod wrappers;

#[cfg(test)]
mod tests;

pub use any::Any;
pub use duration::Duration;
pub use empty::Empty;
pub use field_mask::FieldMask;
pub use structs::{ListValue, NullValue, Struct, Value, value};
pub use timestamp::Timestamp;
pub use wrappers::{
    BoolValue, BytesValue, DoubleValue, FloatValue, Int32Value, Int64Value, StringValue,
    UInt32Value, UInt64Value,
};

use bytes::{Bytes, BytesMut};

use crate::codec::{DecodeError, EncodeError, Payload};
use crate::json::known;

macro_rules! payload {
    ($($type:ident),*) => {
        $(impl Payload for $type {
            fn full_name(&self) -> &'static str {
                concat!("google.protobuf.", stringify!($type))
            }

            fn encoded_len(&self) -> usize {
                prost::Message::encoded_len(self)
            }

            fn encode(&self, out: &mut BytesMut) {
                prost::Message::encode_raw(self, out);
            }

            fn merge(&mut self, bytes: Bytes) -> Result<(), DecodeError> {
                prost::Message::merge(self, bytes).map_err(DecodeError::from_cause)
            }

            fn write_json(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                known::write(self, out)
            }

            fn merge_json(&mut self, text: &[u8]) -> Result<(), DecodeError> {
                known::merge(self, text)
            }
        })*
    };
}

payload!(
    Any,
    BoolValue,
    BytesValue,
    DoubleValue,
    Duration,
    Empty,
    FieldMask,
    FloatValue,
    Int32Value,
    Int64Value,
    ListValue,
    StringValue,
    Struct,
    Timestamp,
    UInt32Value,
    UInt64Value,
    Value
);
