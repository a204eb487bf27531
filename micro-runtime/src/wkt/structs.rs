//! `google.protobuf.Struct`, `Value` and `ListValue`: any JSON, as messages.

use std::collections::HashMap;

use crate::json::token::{self, Token};
use crate::json::{Error, JsonValue, Known, Reader, Scalar, list, map};

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

impl JsonValue for Value {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        match &self.kind {
            Some(value::Kind::NullValue(_)) => out.extend_from_slice(b"null"),
            Some(value::Kind::NumberValue(number)) if number.is_finite() => number.write(out),
            Some(value::Kind::NumberValue(_)) => {
                return Err(Error::new("JSON has no such number; it has to be finite"));
            }
            Some(value::Kind::StringValue(text)) => text.write(out),
            Some(value::Kind::BoolValue(value)) => value.write(out),
            Some(value::Kind::StructValue(fields)) => return fields.write(out),
            Some(value::Kind::ListValue(list)) => return list.write(out),
            None => {
                let nothing =
                    "this google.protobuf.Value holds nothing, for which JSON has no form";
                return Err(Error::new(nothing));
            }
        }
        Ok(())
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let kind = match reader.peek() {
            Some(b'{') => value::Kind::StructValue(Struct::read(reader)?),
            Some(b'[') => value::Kind::ListValue(ListValue::read(reader)?),
            Some(b'"') => value::Kind::StringValue(Scalar::read(reader)?),
            _ => token::read(reader, "any JSON value", |token| match token {
                Token::Null => Some(value::Kind::NullValue(0)),
                Token::Bool(value) => Some(value::Kind::BoolValue(*value)),
                number => number.float().map(value::Kind::NumberValue),
            })?,
        };
        Ok(kind.into())
    }

    fn null() -> Option<Self> {
        Some(value::Kind::NullValue(0).into())
    }
}

impl JsonValue for Struct {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        map::write::<Known, _>(&self.fields, out)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { fields: map::read::<Known, _>(reader)? })
    }
}

impl JsonValue for ListValue {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        list::write::<Known, _>(&self.values, out)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { values: list::read::<Known, _>(reader)? })
    }
}
