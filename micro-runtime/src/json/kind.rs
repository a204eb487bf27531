//! What a value looks like in JSON, where its Rust type does not tell: an `i32` may be a number or an enum.

use std::fmt;
use std::marker::PhantomData;

use super::message::{self, JsonMessage};
use super::scalar::Scalar;
use super::token::{self, Token};
use super::{Error, Reader, text, types};

/// How values of type `T` look in JSON.
pub trait Kind<T> {
    /// Whether it is the value that proto3 does not write.
    fn is_default(value: &T) -> bool;

    /// Appends the canonical form.
    ///
    /// # Errors
    /// If the value has none.
    fn write(value: &T, out: &mut Vec<u8>) -> Result<(), Error>;

    /// Reads any form that proto3 JSON allows.
    ///
    /// # Errors
    /// If it is none of them.
    fn read(reader: &mut Reader<'_>) -> Result<T, Error>;

    /// As [`read`](Self::read), or nothing where the value has a name that nobody knows and such are left out.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn read_known(reader: &mut Reader<'_>) -> Result<Option<T>, Error> {
        Self::read(reader).map(Some)
    }

    /// What `null` means for a field: nothing, but for the few types that have a null of their own.
    fn null() -> Option<T> {
        None
    }
}

/// Scalars: what [`Scalar`] says.
#[derive(Debug)]
pub struct Plain;

impl<T: Scalar> Kind<T> for Plain {
    fn is_default(value: &T) -> bool {
        value.is_default()
    }

    fn write(value: &T, out: &mut Vec<u8>) -> Result<(), Error> {
        value.write(out);
        Ok(())
    }

    fn read(reader: &mut Reader<'_>) -> Result<T, Error> {
        T::read(reader)
    }
}

/// The names of an enum's values.
pub trait JsonEnum {
    /// Every name with its number, aliases too; the first name of a number is the one that is written.
    const NAMES: &'static [(&'static str, i32)];
}

/// Numbers of the enum `E`: by name; by number where there is no name for it.
pub struct Enum<E>(PhantomData<E>);

impl<E> fmt::Debug for Enum<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enum")
    }
}

const WANTED: &str = "a name or number of the enum";

impl<E: JsonEnum> Kind<i32> for Enum<E> {
    fn is_default(value: &i32) -> bool {
        *value == 0
    }

    fn write(value: &i32, out: &mut Vec<u8>) -> Result<(), Error> {
        match E::NAMES.iter().find(|(_, number)| number == value) {
            Some((name, _)) => text::string(out, name),
            None => text::number(out, value),
        }
        Ok(())
    }

    fn read(reader: &mut Reader<'_>) -> Result<i32, Error> {
        token::read(reader, WANTED, |token| number(E::NAMES, token))
    }

    fn read_known(reader: &mut Reader<'_>) -> Result<Option<i32>, Error> {
        token::read(reader, WANTED, |token| match number(E::NAMES, token) {
            None if matches!(token, Token::Text(_)) && types::leaves_out_unknown_names() => {
                Some(None)
            }
            number => number.map(Some),
        })
    }
}

fn number(names: &[(&str, i32)], token: &Token<'_>) -> Option<i32> {
    match token {
        Token::Text(text) => names.iter().find(|(name, _)| name == text).map(|(_, number)| *number),
        other => other.integer().and_then(|number| number.try_into().ok()),
    }
}

/// Messages, boxed or not: objects.
#[derive(Debug)]
pub struct Nested;

impl<M: JsonMessage> Kind<M> for Nested {
    fn is_default(_: &M) -> bool {
        false
    }

    fn write(value: &M, out: &mut Vec<u8>) -> Result<(), Error> {
        out.push(b'{');
        value.write_fields(out)?;
        text::close(out, b'}');
        Ok(())
    }

    fn read(reader: &mut Reader<'_>) -> Result<M, Error> {
        let mut value = M::default();
        message::merge(&mut value, reader)?;
        Ok(value)
    }
}
