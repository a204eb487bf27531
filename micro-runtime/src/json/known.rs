//! Messages whose JSON is no object of their fields: a timestamp is a string there.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize, Serializer};

use super::kind::{Kind, Read, Written};
use super::{DEEPEST, depth, token};
use crate::codec::{DecodeError, EncodeError};

/// A message with a JSON form of its own.
pub trait JsonValue: Sized {
    /// Writes the canonical form.
    ///
    /// # Errors
    /// Those of the serializer, or if the message has no JSON form.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads any form that proto3 JSON allows.
    ///
    /// # Errors
    /// If it is none of them.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// What `null` is, where it is a value.
    fn null() -> Option<Self> {
        None
    }
}

impl<T: JsonValue> JsonValue for Box<T> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).write(serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self::new)
    }

    fn null() -> Option<Self> {
        T::null().map(Self::new)
    }
}

/// Messages of which [`JsonValue`] says how they look.
#[derive(Debug)]
pub struct Known;

impl<T: JsonValue> Kind<T> for Known {
    fn is_default(_: &T) -> bool {
        false
    }

    fn write<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.write(serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::read(deserializer)
    }

    fn null() -> Option<T> {
        T::null()
    }
}

/// `google.protobuf.NullValue`, an enum that is `null`.
#[derive(Debug)]
pub struct Null;

impl Kind<i32> for Null {
    fn is_default(_: &i32) -> bool {
        true
    }

    fn write<S: Serializer>(_: &i32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
        token::read(deserializer, "null", |token| match &token {
            token::Token::Null => Ok(0),
            token::Token::Text(text) if text == "NULL_VALUE" => Ok(0),
            other if other.integer() == Some(0) => Ok(0),
            _ => Err(token),
        })
    }

    fn null() -> Option<i32> {
        Some(0)
    }
}

/// Appends a message with a JSON form of its own.
pub(crate) fn write<T: JsonValue>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut serializer = serde_json::Serializer::new(out);
    Written::<Known, T>::new(value).serialize(&mut serializer).map_err(EncodeError::from_cause)
}

/// Reads a message with a JSON form of its own.
pub(crate) fn merge<T: JsonValue>(value: &mut T, text: &[u8]) -> Result<(), DecodeError> {
    if depth::of(text) > DEEPEST {
        return Err(DecodeError::new(format!("nested deeper than {DEEPEST} levels")));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let read = Read::<Known, T>::deserialize(&mut deserializer);
    let read = read.and_then(|read| deserializer.end().map(|()| read));
    if let Some(read) = read.map_err(DecodeError::from_cause)?.0 {
        *value = read;
    }
    Ok(())
}

/// Reads a string that means something else.
pub(crate) fn read_text<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    wanted: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    token::read(deserializer, wanted, |token| match &token {
        token::Token::Text(text) => parse(text).ok_or(token),
        _ => Err(token),
    })
}

/// Writes what may have no text.
pub(crate) fn write_text<S: Serializer>(
    text: Result<String, &'static str>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text.map_err(serde::ser::Error::custom)?)
}

/// An error with a text.
pub(crate) fn wrong<E: Error>(why: impl std::fmt::Display) -> E {
    E::custom(why)
}
