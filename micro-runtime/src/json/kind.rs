//! What a value looks like in JSON, where its Rust type does not tell: an `i32` may be a number or an enum.

use std::fmt;
use std::marker::PhantomData;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::message::{self, JsonMessage};
use super::scalar::Scalar;
use super::token::{self, Token};
use super::types;

/// How values of type `T` look in JSON.
pub trait Kind<T> {
    /// Whether it is the value that proto3 does not write.
    fn is_default(value: &T) -> bool;

    /// Writes the canonical form.
    ///
    /// # Errors
    /// Those of the serializer.
    fn write<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads any form that proto3 JSON allows.
    ///
    /// # Errors
    /// If it is none of them.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>;

    /// As [`read`](Self::read), or nothing where the value has a name that nobody knows and such are left out.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn read_known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        Self::read(deserializer).map(Some)
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

    fn write<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.write(serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::read(deserializer)
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

impl<E: JsonEnum> Kind<i32> for Enum<E> {
    fn is_default(value: &i32) -> bool {
        *value == 0
    }

    fn write<S: Serializer>(value: &i32, serializer: S) -> Result<S::Ok, S::Error> {
        match E::NAMES.iter().find(|(_, number)| number == value) {
            Some((name, _)) => serializer.serialize_str(name),
            None => serializer.serialize_i32(*value),
        }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
        token::read(deserializer, "a name or number of the enum", |token| {
            Self::number(&token).ok_or(token)
        })
    }

    fn read_known<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i32>, D::Error> {
        token::read(deserializer, "a name or number of the enum", |token| {
            let is_name = matches!(token, Token::Text(_));
            match Self::number(&token) {
                None if is_name && types::leaves_out_unknown_names() => Ok(None),
                number => number.map(Some).ok_or(token),
            }
        })
    }
}

impl<E: JsonEnum> Enum<E> {
    fn number(token: &Token<'_>) -> Option<i32> {
        match token {
            Token::Text(text) => {
                E::NAMES.iter().find(|(name, _)| name == text).map(|(_, number)| *number)
            }
            other => other.integer().and_then(|number| number.try_into().ok()),
        }
    }
}

/// Messages, boxed or not: objects.
#[derive(Debug)]
pub struct Nested;

impl<M: JsonMessage> Kind<M> for Nested {
    fn is_default(_: &M) -> bool {
        false
    }

    fn write<S: Serializer>(value: &M, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        value.write_fields(&mut map)?;
        map.end()
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<M, D::Error> {
        message::read(deserializer)
    }
}

/// A value to write, as serde wants it.
pub(super) struct Written<'a, K, T>(&'a T, PhantomData<K>);

impl<'a, K, T> Written<'a, K, T> {
    pub(super) fn new(value: &'a T) -> Self {
        Self(value, PhantomData)
    }
}

impl<K: Kind<T>, T> Serialize for Written<'_, K, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        K::write(self.0, serializer)
    }
}

/// A value that was read, as serde wants it; or none, where it is left out.
pub(super) struct Read<K, T>(pub(super) Option<T>, PhantomData<K>);

impl<'de, K: Kind<T>, T> Deserialize<'de> for Read<K, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        K::read_known(deserializer).map(|value| Self(value, PhantomData))
    }
}
