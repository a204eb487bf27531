//! The wrappers of `google/protobuf/wrappers.proto`: messages with one value, which is their JSON.

use crate::json::{Error, JsonValue, Reader, Scalar};

macro_rules! wrapper {
    ($name:ident($type:ty), [$($kind:tt)*], $what:literal $(, $derive:ident)*) => {
        #[doc = concat!("A message that holds ", $what, ".")]
        #[derive(Clone, $($derive,)* PartialEq, prost::Message)]
        pub struct $name {
            /// The value.
            #[prost($($kind)*, tag = "1")]
            pub value: $type,
        }

        impl From<$type> for $name {
            fn from(value: $type) -> Self {
                Self { value }
            }
        }

        impl From<$name> for $type {
            fn from(wrapper: $name) -> Self {
                wrapper.value
            }
        }

        impl JsonValue for $name {
            fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
                self.value.write(out);
                Ok(())
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
                Scalar::read(reader).map(|value| Self { value })
            }
        }
    };
}

wrapper!(DoubleValue(f64), [double], "a `double`", Copy);
wrapper!(FloatValue(f32), [float], "a `float`", Copy);
wrapper!(Int64Value(i64), [int64], "an `int64`", Copy, Eq, Hash);
wrapper!(UInt64Value(u64), [uint64], "a `uint64`", Copy, Eq, Hash);
wrapper!(Int32Value(i32), [int32], "an `int32`", Copy, Eq, Hash);
wrapper!(UInt32Value(u32), [uint32], "a `uint32`", Copy, Eq, Hash);
wrapper!(BoolValue(bool), [bool], "a `bool`", Copy, Eq, Hash);
wrapper!(StringValue(String), [string], "a `string`", Eq, Hash);
wrapper!(BytesValue(Vec<u8>), [bytes = "vec"], "some `bytes`", Eq, Hash);
