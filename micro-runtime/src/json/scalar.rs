//! The scalars of protobuf as JSON.

use bytes::Bytes;
use serde::Serialize;

use super::token::{self, Token};
use super::{Error, Reader, text};
use crate::base64;

/// A Rust type that holds a protobuf scalar, and its JSON form.
pub trait Scalar: Sized {
    /// Whether it is the value that proto3 does not write.
    fn is_default(&self) -> bool;

    /// Appends the canonical form.
    fn write(&self, out: &mut Vec<u8>);

    /// Reads any form that proto3 JSON allows.
    ///
    /// # Errors
    /// If it is none of them.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error>;
}

impl Scalar for bool {
    fn is_default(&self) -> bool {
        !self
    }

    fn write(&self, out: &mut Vec<u8>) {
        text::number(out, self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        token::read(reader, "true or false", |token| match token {
            Token::Bool(value) => Some(*value),
            _ => None,
        })
    }
}

impl Scalar for String {
    fn is_default(&self) -> bool {
        self.is_empty()
    }

    fn write(&self, out: &mut Vec<u8>) {
        text::string(out, self);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match reader.peek() {
            Some(b'"') => reader.string().map(Into::into),
            _ => Err(reader.mismatch("a string")),
        }
    }
}

/// Integers.
macro_rules! integer {
    ($type:ident, $wanted:literal, $write:ident) => {
        impl Scalar for $type {
            fn is_default(&self) -> bool {
                *self == 0
            }

            fn write(&self, out: &mut Vec<u8>) {
                $write(*self, out);
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
                reader.integer($wanted)
            }
        }
    };
}

integer!(i32, "a 32-bit integer", plain);
integer!(u32, "an unsigned 32-bit integer", plain);
integer!(i64, "a 64-bit integer", quoted);
integer!(u64, "an unsigned 64-bit integer", quoted);

fn plain(number: impl Serialize, out: &mut Vec<u8>) {
    text::number(out, number);
}

/// As a string, since JavaScript's numbers have only 53 bits.
fn quoted(number: impl Serialize, out: &mut Vec<u8>) {
    out.push(b'"');
    text::number(out, number);
    out.push(b'"');
}

/// Floating-point numbers; what JSON has no number for is written by name.
macro_rules! float {
    ($type:ident, $narrow:expr) => {
        impl Scalar for $type {
            /// Minus zero is not the default: it would come back as zero.
            fn is_default(&self) -> bool {
                self.to_bits() == 0
            }

            fn write(&self, out: &mut Vec<u8>) {
                match *self {
                    number if number.is_finite() => text::number(out, number),
                    number if number.is_nan() => text::string(out, "NaN"),
                    number if number > 0.0 => text::string(out, "Infinity"),
                    _ => text::string(out, "-Infinity"),
                }
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
                token::read(reader, "a number", |token| token.float().and_then($narrow))
            }
        }
    };
}

float!(f64, Some);
float!(f32, narrow);

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

            fn write(&self, out: &mut Vec<u8>) {
                base64(self, out);
            }

            fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
                token::read(reader, "bytes in base64", |token| match token {
                    Token::Text(text) => base64::decode(text.as_bytes()).map(Self::from),
                    _ => None,
                })
            }
        }
    };
}

bytes!(Vec<u8>);
bytes!(Bytes);

/// A string with padding, as the canonical form has it.
fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    base64::append(bytes, out);
    let missing = (3 - bytes.len() % 3) % 3;
    out.extend_from_slice(&b"=="[..missing]);
    out.push(b'"');
}
