//! protobuf's well-known types: times, durations, wrappers, dynamic values.
//!
//! Generated code uses them where a `.proto` file says `google.protobuf.Timestamp` and the like. They are our own, since
//! nobody but their crate can give a type a JSON form. `Any` holds the types that are known where it is written; see
//! [`Types`](crate::json::Types).

mod any;
mod duration;
mod empty;
mod field_mask;
mod fraction;
mod structs;
mod timestamp;
mod wrappers;

#[cfg(feature = "prost-types")]
mod prost;

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

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{DecodeError, EncodeError, Payload};
use crate::json::{self, MessageType, known};

macro_rules! payload {
    ($($type:ident),*) => {
        /// All of them, for `Any`.
        pub(crate) static TYPES: &[MessageType] =
            &[$(MessageType::named::<$type>(concat!("google.protobuf.", stringify!($type)))),*];

        $(impl Payload for $type {
            fn full_name(&self) -> &'static str {
                concat!("google.protobuf.", stringify!($type))
            }

            fn encoded_len(&self) -> usize {
                ::prost::Message::encoded_len(self)
            }

            fn encode(&self, out: &mut BytesMut) {
                ::prost::Message::encode_raw(self, out);
            }

            fn merge(&mut self, bytes: Bytes) -> Result<(), DecodeError> {
                ::prost::Message::merge(self, bytes).map_err(DecodeError::from_cause)
            }

            fn write_json(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                known::write(self, out)
            }

            fn merge_json(&mut self, text: &[u8]) -> Result<(), DecodeError> {
                known::merge(self, text)
            }
        }

        /// As in canonical JSON.
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                json::serialize_value(self, serializer)
            }
        }

        /// As in canonical JSON.
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                json::deserialize_value(deserializer)
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
