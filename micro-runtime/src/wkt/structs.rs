//! `google.protobuf.Struct`, `Value` and `ListValue`: any JSON, as messages.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::JsonValue;

/// An object.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Struct {
    /// Its values by name.
    #[prost(map = "string, message", tag = "1")]
    pub fields: HashMap<String, Value>,
}

/// Any JSON value.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Value {
    /// The value; a message without one has no JSON form.
    #[prost(oneof = "value::Kind", tags = "1, 2, 3, 4, 5, 6")]
    pub kind: Option<value::Kind>,
}

/// What is in a [`Value`].
pub mod value {
    /// One of the kinds of JSON values.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Kind {
        /// `null`.
        #[prost(enumeration = "super::NullValue", tag = "1")]
        NullValue(i32),
        /// A number; neither infinite nor none.
        #[prost(double, tag = "2")]
        NumberValue(f64),
        /// A string.
        #[prost(string, tag = "3")]
        StringValue(String),
        /// True or false.
        #[prost(bool, tag = "4")]
        BoolValue(bool),
        /// An object.
        #[prost(message, tag = "5")]
        StructValue(super::Struct),
        /// An array.
        #[prost(message, tag = "6")]
        ListValue(super::ListValue),
    }
}

/// An array.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ListValue {
    /// Its values.
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<Value>,
}

/// `null`, the only value of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum NullValue {
    /// `null`.
    NullValue = 0,
}

impl From<value::Kind> for Value {
    fn from(kind: value::Kind) -> Self {
        Self { kind: Some(kind) }
    }
}

/// As serde wants them.
struct Json<T>(T);

impl Serialize for Json<&Value> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let custom = <S::Error as serde::ser::Error>::custom::<&str>;
        match &self.0.kind {
            Some(value::Kind::NullValue(_)) => serializer.serialize_unit(),
            Some(value::Kind::NumberValue(number)) if number.is_finite() => {
                serializer.serialize_f64(*number)
            }
            Some(value::Kind::NumberValue(_)) => {
                Err(custom("JSON has no such number; it has to be finite"))
            }
            Some(value::Kind::StringValue(text)) => serializer.serialize_str(text),
            Some(value::Kind::BoolValue(value)) => serializer.serialize_bool(*value),
            Some(value::Kind::StructValue(fields)) => fields.write(serializer),
            Some(value::Kind::ListValue(list)) => list.write(serializer),
            None => {
                Err(custom("this google.protobuf.Value holds nothing, for which JSON has no form"))
            }
        }
    }
}

impl<'de, T: JsonValue> Deserialize<'de> for Json<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

impl JsonValue for Value {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Json(self).serialize(serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self::from)
    }

    fn null() -> Option<Self> {
        Some(value::Kind::NullValue(0).into())
    }
}

impl JsonValue for Struct {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.fields.iter().map(|(name, value)| (name, Json(value))))
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

impl JsonValue for ListValue {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.values.iter().map(Json))
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Array)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = value::Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<value::Kind, E> {
        Ok(value::Kind::NullValue(0))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<value::Kind, E> {
        Ok(value::Kind::BoolValue(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "a Value holds no more precision")]
    fn visit_i64<E: Error>(self, number: i64) -> Result<value::Kind, E> {
        Ok(value::Kind::NumberValue(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "a Value holds no more precision")]
    fn visit_u64<E: Error>(self, number: u64) -> Result<value::Kind, E> {
        Ok(value::Kind::NumberValue(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<value::Kind, E> {
        Ok(value::Kind::NumberValue(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<value::Kind, E> {
        Ok(value::Kind::StringValue(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, access: A) -> Result<value::Kind, A::Error> {
        Array.visit_seq(access).map(value::Kind::ListValue)
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<value::Kind, A::Error> {
        Object.visit_map(access).map(value::Kind::StructValue)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Struct;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Struct, A::Error> {
        let mut fields = HashMap::new();
        while let Some((name, value)) = access.next_entry::<String, Json<Value>>()? {
            match fields.entry(name) {
                Entry::Vacant(place) => drop(place.insert(value.0)),
                Entry::Occupied(place) => {
                    let text = format!("field {:?}: given twice", place.key());
                    return Err(A::Error::custom(text));
                }
            }
        }
        Ok(Struct { fields })
    }
}

struct Array;

impl<'de> Visitor<'de> for Array {
    type Value = ListValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<ListValue, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = access.next_element::<Json<Value>>()? {
            values.push(value.0);
        }
        Ok(ListValue { values })
    }
}
