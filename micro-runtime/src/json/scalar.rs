//! The scalars of protobuf as JSON.

use bytes::Bytes;
use serde::{Deserializer, Serializer};

use super::token::{self, Token};
use crate::base64;

/// A Rust type that holds a protobuf scalar, and its JSON form.
pub trait Scalar: Sized {
    /// Whether it is the value that proto3 does not write.
    fn is_default(&self) -> bool;

    /// Writes the canonical form.
    ///
    /// # Errors
    /// Those of the serializer.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads any form that proto3 JSON allows.
    ///
    /// # Errors
    /// If it is none of them.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

impl Scalar for bool {
    fn is_default(&self) -> bool {
        !self
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        token::read(deserializer, "true or false", |token| match token {
            Token::Bool(value) => Ok(value),
            other => Err(other),
        })
    }
}

impl Scalar for String {
    fn is_default(&self) -> bool {
        self.is_empty()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        token::read(deserializer, "a string", |token| match token {
            Token::Text(text) => Ok(text.into_owned()),
            other => Err(other),
        })
    }
}

/// Integers; those of 64 bits are written as strings, since JavaScript's numbers have only 53.
macro_rules! integer {
    ($type:ident, $wanted:literal, $write:ident $(, $as_text:ident)?) => {
        impl Scalar for $type {
            fn is_default(&self) -> bool {
                *self == 0
            }

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.$write(integer!(@value self $($as_text)?))
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                token::read(deserializer, $wanted, |token| {
                    token.integer().and_then(|number| number.try_into().ok()).ok_or(token)
                })
            }
        }
    };
    (@value $self:ident as_text) => { $self };
    (@value $self:ident) => { *$self };
}

integer!(i32, "a 32-bit integer", serialize_i32);
integer!(u32, "an unsigned 32-bit integer", serialize_u32);
integer!(i64, "a 64-bit integer", collect_str, as_text);
integer!(u64, "an unsigned 64-bit integer", collect_str, as_text);

/// Floating-point numbers; what JSON has no number for is written by name.
macro_rules! float {
    ($type:ident, $write:ident, $narrow:expr) => {
        impl Scalar for $type {
            /// Minus zero is not the default: it would come back as zero.
            fn is_default(&self) -> bool {
                self.to_bits() == 0
            }

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match *self {
                    number if number.is_finite() => serializer.$write(number),
                    number if number.is_nan() => serializer.serialize_str("NaN"),
                    number if number > 0.0 => serializer.serialize_str("Infinity"),
                    _ => serializer.serialize_str("-Infinity"),
                }
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                token::read(deserializer, "a number", |token| {
                    token.float().and_then($narrow).ok_or(token)
                })
            }
        }
    };
}

float!(f64, serialize_f64, Some);
float!(f32, serialize_f32, narrow);

/// The nearest `f32`; `None` for what is too large for one.
#[expect(clippy::cast_possible_truncation, reason = "rounding is what is asked for")]
fn narrow(number: f64) -> Option<f32> {
    let narrowed = number as f32;
    (narrowed.is_finite() == number.is_finite()).then_some(narrowed)
}

macro_rules! bytes {
    ($type:ty) => {
        impl Scalar for $type {
            fn is_default(&self) -> bool {
                self.is_empty()
            }

            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&to_base64(self))
            }

            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                token::read(deserializer, "bytes in base64", |token| match &token {
                    Token::Text(text) => {
                        base64::decode(text.as_bytes()).map(Self::from).ok_or(token)
                    }
                    _ => Err(token),
                })
            }
        }
    };
}

bytes!(Vec<u8>);
bytes!(Bytes);

/// With padding, as the canonical form has it.
fn to_base64(bytes: &[u8]) -> String {
    let mut text = base64::encode(bytes);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}
