//! One JSON value that is neither array nor object: what every scalar is read from.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};

/// The longest text that an error shows whole.
const SHOWN: usize = 40;

pub(super) enum Token<'de> {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(Cow<'de, str>),
}

/// Reads one value and converts it; `wanted` is what the error says was expected.
pub(super) fn read<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    wanted: &'static str,
    convert: impl FnOnce(Token<'de>) -> Result<T, Token<'de>>,
) -> Result<T, D::Error> {
    let token = deserializer.deserialize_any(TokenVisitor(wanted))?;
    convert(token).map_err(|token| mismatch(wanted, token))
}

fn mismatch<E: Error>(wanted: &str, got: impl fmt::Display) -> E {
    E::custom(format_args!("expected {wanted}, got {got}"))
}

impl Token<'_> {
    /// The number, if it is whole; a string may hold one, and `1.0` and `1e3` are whole too.
    pub(super) fn integer(&self) -> Option<i128> {
        match self {
            Self::Signed(number) => Some((*number).into()),
            Self::Unsigned(number) => Some((*number).into()),
            Self::Float(number) => whole(*number),
            Self::Text(text) => number_in(text)?.integer(),
            Self::Null | Self::Bool(_) => None,
        }
    }

    /// The number; a string may hold one, or the name of one that JSON cannot write.
    #[expect(clippy::cast_precision_loss, reason = "the nearest number is what is asked for")]
    pub(super) fn float(&self) -> Option<f64> {
        match self {
            Self::Signed(number) => Some(*number as f64),
            Self::Unsigned(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Text(text) => match &**text {
                "NaN" => Some(f64::NAN),
                "Infinity" => Some(f64::INFINITY),
                "-Infinity" => Some(f64::NEG_INFINITY),
                text => number_in(text)?.float(),
            },
            Self::Null | Self::Bool(_) => None,
        }
    }
}

/// The smallest 64-bit integer. As a whole number in JSON it is no float: a float of this value was one that is smaller.
const SMALLEST: f64 = -9_223_372_036_854_775_808.0;

#[expect(clippy::cast_possible_truncation, reason = "the bounds are checked, the fraction is zero")]
fn whole(number: f64) -> Option<i128> {
    (number.fract() == 0.0 && number > SMALLEST && number < 1e20).then_some(number as i128)
}

/// The number that a string holds, as JSON writes it: no spaces, no plus.
fn number_in(text: &str) -> Option<Token<'static>> {
    let starts = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if !starts || !text.ends_with(|last: char| last.is_ascii_digit()) {
        return None;
    }
    let number: serde_json::Number = serde_json::from_str(text).ok()?;
    let signed = number.as_i64().map(Token::Signed);
    signed
        .or_else(|| number.as_u64().map(Token::Unsigned))
        .or_else(|| number.as_f64().map(Token::Float))
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Signed(number) => number.fmt(f),
            Self::Unsigned(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
            Self::Text(text) => match text.char_indices().nth(SHOWN) {
                Some((end, _)) => write!(f, "{:?}…", &text[..end]),
                None => write!(f, "{text:?}"),
            },
        }
    }
}

struct TokenVisitor(&'static str);

impl<'de> Visitor<'de> for TokenVisitor {
    type Value = Token<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_unit<E: Error>(self) -> Result<Token<'de>, E> {
        Ok(Token::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Token<'de>, E> {
        Ok(Token::Bool(value))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Token<'de>, E> {
        Ok(Token::Signed(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Token<'de>, E> {
        Ok(Token::Unsigned(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Token<'de>, E> {
        Ok(Token::Float(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Token<'de>, E> {
        Ok(Token::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Token<'de>, E> {
        Ok(Token::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Token<'de>, E> {
        Ok(Token::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Token<'de>, A::Error> {
        Err(mismatch(self.0, "an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Token<'de>, A::Error> {
        Err(mismatch(self.0, "an object"))
    }
}
