//! The query of a GET: a call's message, and how it is written.

use bytes::Bytes;

use crate::error::{Error, Result};
use crate::{base64, percent};

/// What a query says; parameters that are not Connect's are passed over.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    /// The codec of the message.
    pub(super) encoding: Option<String>,
    /// How the message is compressed.
    pub(super) compression: Option<String>,
    message: Option<String>,
    is_base64: bool,
}

impl Query {
    /// Reads a query; of a parameter that comes twice, the first is meant.
    ///
    /// # Errors
    /// `invalid_argument` if a parameter is not what it has to be.
    pub(super) fn read(text: &str) -> Result<Self> {
        let mut query = Self::default();
        for (name, value) in text.split('&').rev().filter_map(|pair| pair.split_once('=')) {
            match name {
                "message" => query.message = Some(value.to_owned()),
                "encoding" => query.encoding = Some(decoded_text(name, value)?),
                "compression" => query.compression = Some(decoded_text(name, value)?),
                "base64" => query.is_base64 = value == "1",
                "connect" if value != "v1" => return Err(another_version(value)),
                _ => {}
            }
        }
        Ok(query)
    }

    /// The message's bytes; `None` if there is no message.
    ///
    /// # Errors
    /// `invalid_argument` if they are not encoded as the query says.
    pub(super) fn message(&self) -> Result<Option<Bytes>> {
        let Some(text) = &self.message else { return Ok(None) };
        let bytes = decoded("message", text)?;
        if !self.is_base64 {
            return Ok(Some(bytes.into()));
        }
        let bytes = base64::decode(&bytes).ok_or_else(|| {
            Error::invalid_argument("the parameter message is no base64, which base64=1 says it is")
        });
        bytes.map(|bytes| Some(bytes.into()))
    }
}

/// A parameter's bytes, as forms encode them.
fn decoded(name: &str, value: &str) -> Result<Vec<u8>> {
    percent::decode(&value.replace('+', " ")).ok_or_else(|| {
        Error::invalid_argument(format!(
            "the parameter {name} has a '%' without two hexadecimal digits after it"
        ))
    })
}

fn decoded_text(name: &str, value: &str) -> Result<String> {
    String::from_utf8(decoded(name, value)?)
        .map_err(|_| Error::invalid_argument(format!("the parameter {name} is not UTF-8")))
}

fn another_version(version: &str) -> Error {
    Error::invalid_argument(format!(
        "connect={version} is not spoken here: send v1, or leave it out"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(query: &str) -> Result<Option<Bytes>> {
        Query::read(query)?.message()
    }

    #[test]
    fn a_message_is_read_as_the_query_says() {
        for (query, wanted) in [
            ("message=%7B%22a%22%3A+1%7D&encoding=json", r#"{"a": 1}"#),
            ("connect=v1&encoding=json&message={}&x&y=z", "{}"),
            ("message=e30&base64=1", "{}"),
            ("base64=1&message=e30%3D", "{}"),
            ("base64=yes&message=e30", "e30"),
            ("message=&message=x", ""),
        ] {
            assert_eq!(message(query).unwrap().unwrap(), wanted, "{query}");
        }
        assert_eq!(message("encoding=json").unwrap(), None);
        assert_eq!(Query::read("").unwrap(), Query::default());
    }

    #[test]
    fn mistakes_are_named() {
        for (query, part) in [
            ("message=%7", "message has a '%'"),
            ("message=!&base64=1", "no base64"),
            ("connect=v2", "connect=v2"),
            ("encoding=%ff", "encoding is not UTF-8"),
        ] {
            let error = message(query).unwrap_err();
            assert!(error.message().contains(part), "{query}: {error}");
        }
    }
}
