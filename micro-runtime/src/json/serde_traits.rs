//! serde's traits for messages: canonical JSON, whatever the format.
//!
//! A message has one JSON form and one way to write and read it. Other formats get what that text says, value by
//! value, and give a text to read.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Deserializer, Serialize, Serializer};

use super::reader::DEEPEST;
use super::token::Token;
use super::types::inside;
use super::{Error, JsonMessage, JsonValue, Kind, Known, Nested, Reader, Scalar, message, text};

/// Bytes that most messages take as text.
const USUAL: usize = 512;

/// Writes a message with a serializer of any format, as it would be written as JSON.
///
/// # Errors
/// Those of the serializer, or if a value has no JSON form or nests deeper than 100 levels.
pub fn serialize<M: JsonMessage, S: Serializer>(
    message: &M,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut text = Vec::with_capacity(USUAL);
    inside(M::FILE, || Nested::write(message, &mut text)).map_err(S::Error::custom)?;
    pass(&text, serializer)
}

/// Reads a message from a deserializer of any format that describes itself, as it would be read from JSON.
///
/// # Errors
/// If the input is no message of this type; the error names the field and what it wants.
pub fn deserialize<'de, M: JsonMessage, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<M, D::Error> {
    let text = collect(deserializer)?;
    let mut message = M::default();
    let merged = inside(M::FILE, || message::merge(&mut message, &mut Reader::new(&text)));
    merged.map(|()| message).map_err(D::Error::custom)
}

/// As [`serialize`], for messages with a form of their own.
pub(crate) fn serialize_value<T: JsonValue, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut text = Vec::with_capacity(USUAL);
    Known::write(value, &mut text).map_err(S::Error::custom)?;
    pass(&text, serializer)
}

/// As [`deserialize`], for messages with a form of their own.
pub(crate) fn deserialize_value<'de, T: JsonValue, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = collect(deserializer)?;
    T::read(&mut Reader::new(&text)).map_err(D::Error::custom)
}

/// Gives a serializer what was written.
fn pass<S: Serializer>(text: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let text = str::from_utf8(text).expect("strings and numbers are UTF-8");
    Passed(RefCell::new(Reader::new(text))).serialize(serializer)
}

/// The next value of a text that is well formed.
struct Passed<'a>(RefCell<Reader<'a>>);

impl Serialize for Passed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let first = self.0.borrow_mut().peek();
        match first {
            Some(b'{') => self.object(serializer),
            Some(b'[') => self.array(serializer),
            _ => self.scalar(serializer),
        }
    }
}

impl<'a> Passed<'a> {
    fn object<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.step(|reader| reader.open(b'{', "an object"))?;
        while let Some(name) = self.step(Reader::next_name)? {
            map.serialize_entry(&*name, self)?;
        }
        map.end()
    }

    fn array<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        self.step(|reader| reader.open(b'[', "an array"))?;
        while self.step(Reader::next_element)? {
            list.serialize_element(self)?;
        }
        list.end()
    }

    fn scalar<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let token = self.step(|reader| reader.token("a value"))?;
        match &token {
            Token::Null => serializer.serialize_unit(),
            Token::Bool(value) => serializer.serialize_bool(*value),
            Token::Text(text) => serializer.serialize_str(text),
            Token::Number(text) => match text.parse() {
                Ok(integer) => serializer.serialize_i64(integer),
                Err(_) => serializer.serialize_f64(token.float().unwrap_or_default()),
            },
        }
    }

    fn step<T, E: serde::ser::Error>(
        &self,
        read: impl FnOnce(&mut Reader<'a>) -> Result<T, Error>,
    ) -> Result<T, E> {
        read(&mut self.0.borrow_mut()).map_err(E::custom)
    }
}

/// Writes down what a deserializer gives.
fn collect<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let mut out = Vec::with_capacity(USUAL);
    Collected { out: &mut out, levels: 0 }.deserialize(deserializer)?;
    Ok(String::from_utf8(out).expect("strings and numbers are UTF-8"))
}

/// Where the next value goes, and how deep it is.
struct Collected<'a> {
    out: &'a mut Vec<u8>,
    levels: usize,
}

impl Collected<'_> {
    fn scalar<E>(self, value: &impl Scalar) -> Result<(), E> {
        value.write(self.out);
        Ok(())
    }

    fn number<E>(self, number: impl Serialize) -> Result<(), E> {
        text::number(self.out, number);
        Ok(())
    }

    fn open<E: de::Error>(&mut self, bracket: u8) -> Result<(), E> {
        self.levels += 1;
        if self.levels > DEEPEST {
            return Err(E::custom(format_args!("nested deeper than {DEEPEST} levels")));
        }
        self.out.push(bracket);
        Ok(())
    }

    /// The same place, for a part of the value.
    fn part(&mut self) -> Collected<'_> {
        Collected { out: self.out, levels: self.levels }
    }
}

impl<'de> DeserializeSeed<'de> for Collected<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Collected<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what JSON has a form for")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn visit_none<E>(self) -> Result<(), E> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.scalar(&value)
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.number(number)
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.number(number)
    }

    fn visit_f32<E>(self, number: f32) -> Result<(), E> {
        self.scalar(&number)
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.scalar(&number)
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        text::string(self.out, text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut access: A) -> Result<(), A::Error> {
        self.open(b'[')?;
        while access.next_element_seed(self.part())?.is_some() {
            self.out.push(b',');
        }
        text::close(self.out, b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut access: A) -> Result<(), A::Error> {
        self.open(b'{')?;
        while access.next_key_seed(Name(self.out))?.is_some() {
            self.out.push(b':');
            access.next_value_seed(self.part())?;
            self.out.push(b',');
        }
        text::close(self.out, b'}');
        Ok(())
    }
}

/// Where the next name goes.
struct Name<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string as a key")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        text::string(self.0, text);
        Ok(())
    }
}
