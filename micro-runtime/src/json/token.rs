//! One JSON value that is neither array nor object: what every scalar is read from, in one form or another.

use std::borrow::Cow;
use std::fmt;

use super::error::Shown;
use super::{Error, Reader};

/// The smallest 64-bit integer. As a whole number in JSON it is no float: a float of this value was one that is smaller.
const SMALLEST: f64 = -9_223_372_036_854_775_808.0;

#[derive(Debug)]
pub(crate) enum Token<'a> {
    Null,
    Bool(bool),
    /// A number, as it stands in the text.
    Number(&'a str),
    Text(Cow<'a, str>),
}

/// Reads one value and converts it; `wanted` is what the error says was expected.
pub(crate) fn read<'a, T>(
    reader: &mut Reader<'a>,
    wanted: &'static str,
    convert: impl FnOnce(&Token<'a>) -> Option<T>,
) -> Result<T, Error> {
    reader.peek();
    let place = reader.place();
    let token = reader.token(wanted)?;
    convert(&token).ok_or_else(|| Error::at(place, format_args!("expected {wanted}, got {token}")))
}

impl Token<'_> {
    /// The number, if it is whole; a string may hold one, and `1.0` and `1e3` are whole too.
    pub(crate) fn integer(&self) -> Option<i128> {
        let number = self.number()?;
        number.parse().ok().or_else(|| whole(number.parse().ok()?))
    }

    /// The number; a string may hold one, or the name of one that JSON cannot write.
    pub(crate) fn float(&self) -> Option<f64> {
        match self {
            Self::Text(text) if text == "NaN" => Some(f64::NAN),
            Self::Text(text) if text == "Infinity" => Some(f64::INFINITY),
            Self::Text(text) if text == "-Infinity" => Some(f64::NEG_INFINITY),
            _ => self.number()?.parse().ok().filter(|number: &f64| number.is_finite()),
        }
    }

    fn number(&self) -> Option<&str> {
        match self {
            Self::Number(number) => Some(number),
            Self::Text(text) => is_number(text).then_some(text),
            Self::Null | Self::Bool(_) => None,
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the bounds are checked, the fraction is zero")]
fn whole(number: f64) -> Option<i128> {
    (number.fract() == 0.0 && number > SMALLEST && number < 1e20).then_some(number as i128)
}

/// Whether a string holds a number as JSON writes it, and nothing else: no spaces, no plus.
fn is_number(text: &str) -> bool {
    let mut reader = Reader::new(text);
    reader.number().is_ok_and(|number| number.len() == text.len())
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(number) => Shown(number).fmt(f),
            Self::Text(text) => fmt::Debug::fmt(&Shown(text), f),
        }
    }
}
