//! From and into the types of the crate `prost-types`, for code that speaks with other generators.

use std::collections::{BTreeMap, HashMap};

use super::{Any, Duration, Empty, FieldMask, ListValue, Struct, Timestamp, Value, value};

/// Types with the same fields.
macro_rules! same_fields {
    ($($type:ident { $($field:ident),* })*) => {
        $(
            impl From<prost_types::$type> for $type {
                fn from(other: prost_types::$type) -> Self {
                    Self { $($field: other.$field),* }
                }
            }

            impl From<$type> for prost_types::$type {
                fn from(other: $type) -> Self {
                    Self { $($field: other.$field),* }
                }
            }
        )*
    };
}

same_fields! {
    Any { type_url, value }
    Duration { seconds, nanos }
    FieldMask { paths }
    Timestamp { seconds, nanos }
}

impl From<()> for Empty {
    fn from((): ()) -> Self {
        Self {}
    }
}

impl From<Empty> for () {
    fn from(_: Empty) -> Self {}
}

impl From<prost_types::Struct> for Struct {
    fn from(other: prost_types::Struct) -> Self {
        let fields = other.fields.into_iter().map(|(name, value)| (name, value.into()));
        Self { fields: fields.collect::<HashMap<_, _>>() }
    }
}

impl From<Struct> for prost_types::Struct {
    fn from(other: Struct) -> Self {
        let fields = other.fields.into_iter().map(|(name, value)| (name, value.into()));
        Self { fields: fields.collect::<BTreeMap<_, _>>() }
    }
}

impl From<prost_types::ListValue> for ListValue {
    fn from(other: prost_types::ListValue) -> Self {
        Self { values: other.values.into_iter().map(Into::into).collect() }
    }
}

impl From<ListValue> for prost_types::ListValue {
    fn from(other: ListValue) -> Self {
        Self { values: other.values.into_iter().map(Into::into).collect() }
    }
}

impl From<prost_types::Value> for Value {
    fn from(other: prost_types::Value) -> Self {
        use prost_types::value::Kind;
        let kind = other.kind.map(|kind| match kind {
            Kind::NullValue(null) => value::Kind::NullValue(null),
            Kind::NumberValue(number) => value::Kind::NumberValue(number),
            Kind::StringValue(text) => value::Kind::StringValue(text),
            Kind::BoolValue(flag) => value::Kind::BoolValue(flag),
            Kind::StructValue(fields) => value::Kind::StructValue(fields.into()),
            Kind::ListValue(list) => value::Kind::ListValue(list.into()),
        });
        Self { kind }
    }
}

impl From<Value> for prost_types::Value {
    fn from(other: Value) -> Self {
        use prost_types::value::Kind;
        let kind = other.kind.map(|kind| match kind {
            value::Kind::NullValue(null) => Kind::NullValue(null),
            value::Kind::NumberValue(number) => Kind::NumberValue(number),
            value::Kind::StringValue(text) => Kind::StringValue(text),
            value::Kind::BoolValue(flag) => Kind::BoolValue(flag),
            value::Kind::StructValue(fields) => Kind::StructValue(fields.into()),
            value::Kind::ListValue(list) => Kind::ListValue(list.into()),
        });
        Self { kind }
    }
}
