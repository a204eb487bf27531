//! What is wrong with a text or a value, and where: `field "labels[de].text": expected …`.

use std::fmt;

use crate::codec::{DecodeError, EncodeError};

/// The longest text that an error shows whole, in characters.
const SHOWN: usize = 40;

/// Why something could not be written as JSON, or read from it.
#[derive(Debug)]
pub struct Error(Box<Problem>);

#[derive(Debug)]
struct Problem {
    text: String,
    /// Names, indices and keys on the way to the value, as in `labels[de].text`.
    path: String,
    /// Where the text that is read has the mistake: how many bytes stand before it.
    place: Option<usize>,
}

impl Error {
    /// An error of a value, wherever it stands.
    #[cold]
    pub(crate) fn new(text: impl fmt::Display) -> Self {
        Self(Box::new(Problem { text: text.to_string(), path: String::new(), place: None }))
    }

    /// An error at a place of the text that is read.
    #[cold]
    pub(super) fn at(place: usize, text: impl fmt::Display) -> Self {
        let mut error = Self::new(text);
        error.0.place = Some(place);
        error
    }

    /// Puts a field's name in front of what went wrong in it.
    #[cold]
    pub(crate) fn in_field(self, name: &str) -> Self {
        let dot = if self.0.path.is_empty() || self.0.path.starts_with('[') { "" } else { "." };
        self.in_path(format_args!("{name}{dot}"))
    }

    /// Puts an element's place in its list or map in front of what went wrong in it.
    #[cold]
    pub(super) fn in_element(self, place: impl fmt::Display) -> Self {
        let dot = if self.0.path.is_empty() || self.0.path.starts_with('[') { "" } else { "." };
        self.in_path(format_args!("[{place}]{dot}"))
    }

    fn in_path(mut self, step: fmt::Arguments<'_>) -> Self {
        self.0.path = format!("{step}{}", self.0.path);
        self
    }

    /// With the line and column of its place in the text.
    pub(super) fn into_decode_error(self, text: &[u8]) -> DecodeError {
        let Some(place) = self.0.place else { return DecodeError::new(self.to_string()) };
        // The byte itself counts; where the text ends too early, the last one does.
        let before = &text[..text.len().min(place + 1)];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
        DecodeError::new(format!("{self} at line {line} column {column}"))
    }
}

/// Without the place: of a value that did not come as text, there is none.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.path.is_empty() {
            f.write_str(&self.0.text)
        } else {
            write!(f, "field \"{}\": {}", self.0.path, self.0.text)
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for EncodeError {
    fn from(error: Error) -> Self {
        Self::new(error.to_string())
    }
}

/// A text as errors show it: not more than its beginning.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{}…", &self.0[..end]),
            None => f.write_str(self.0),
        }
    }
}

/// In quotes.
impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(SHOWN) {
            Some((end, _)) => write!(f, "{:?}…", &self.0[..end]),
            None => write!(f, "{:?}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_grows_from_its_end() {
        let error = Error::new("expected a string, got 1").in_field("text");
        let error = error.in_element("de").in_field("labels");
        assert_eq!(error.to_string(), r#"field "labels[de].text": expected a string, got 1"#);
        assert_eq!(Error::new("x").in_element(1).in_element(0).to_string(), r#"field "[0][1]": x"#);
    }

    #[test]
    fn a_place_is_a_line_and_a_column() {
        let said = |place| Error::at(place, "x").into_decode_error(b"{\n \"a\"").to_string();
        assert_eq!(said(0), "x at line 1 column 1");
        assert_eq!(said(3), "x at line 2 column 2");
        assert_eq!(said(6), "x at line 2 column 4");
    }
}
