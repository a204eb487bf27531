//! Messages whose JSON is no object of their fields: a timestamp is a string there.

use super::kind::Kind;
use super::token::{self, Token};
use super::{Error, Reader, read_whole};
use crate::codec::{DecodeError, EncodeError};

/// A message with a JSON form of its own.
pub trait JsonValue: Sized {
    /// Appends the canonical form.
    ///
    /// # Errors
    /// If the message has none.
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Error>;

    /// Reads any form that proto3 JSON allows.
    ///
    /// # Errors
    /// If it is none of them.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error>;

    /// What `null` is, where it is a value.
    fn null() -> Option<Self> {
        None
    }
}

impl<T: JsonValue> JsonValue for Box<T> {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        (**self).write(out)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        T::read(reader).map(Self::new)
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

    fn write(value: &T, out: &mut Vec<u8>) -> Result<(), Error> {
        value.write(out)
    }

    fn read(reader: &mut Reader<'_>) -> Result<T, Error> {
        T::read(reader)
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

    fn write(_: &i32, out: &mut Vec<u8>) -> Result<(), Error> {
        out.extend_from_slice(b"null");
        Ok(())
    }

    fn read(reader: &mut Reader<'_>) -> Result<i32, Error> {
        token::read(reader, "null", |token| match token {
            Token::Null => Some(0),
            Token::Text(text) if text == "NULL_VALUE" => Some(0),
            other => other.integer().filter(|number| *number == 0).map(|_| 0),
        })
    }

    fn null() -> Option<i32> {
        Some(0)
    }
}

/// Appends a message with a JSON form of its own.
pub(crate) fn write<T: JsonValue>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    Ok(value.write(out)?)
}

/// Reads a message with a JSON form of its own.
pub(crate) fn merge<T: JsonValue>(value: &mut T, text: &[u8]) -> Result<(), DecodeError> {
    *value = read_whole(text, T::read)?;
    Ok(())
}

/// Reads a string that means something else.
pub(crate) fn read_text<T>(
    reader: &mut Reader<'_>,
    wanted: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Error> {
    token::read(reader, wanted, |token| match token {
        Token::Text(text) => parse(text),
        _ => None,
    })
}
