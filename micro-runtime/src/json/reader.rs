//! Reads JSON text, byte by byte, and recurses only as deep as is allowed.

use std::borrow::Cow;

use super::Error;
use super::scan;

mod number;
mod string;

#[cfg(test)]
mod tests;

/// How deep objects and arrays may nest in text that is read.
pub(super) const DEEPEST: usize = 100;

/// JSON text, and how far it is read.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// How many objects and arrays are open.
    levels: usize,
    /// Whether nothing was read since one was opened.
    is_fresh: bool,
}

impl<'a> Reader<'a> {
    /// At the start of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, levels: 0, is_fresh: false }
    }

    /// The next byte that is no white space; `None` at the end.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        for (index, byte) in rest.iter().enumerate() {
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                self.at += index;
                return Some(*byte);
            }
        }
        self.at = self.text.len();
        None
    }

    /// How many bytes are read.
    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// An error here.
    #[cold]
    pub(crate) fn error(&self, text: impl std::fmt::Display) -> Error {
        Error::at(self.at, text)
    }

    /// Whether `null` comes next, which is read then.
    ///
    /// # Errors
    /// If it is another word.
    #[inline]
    pub(crate) fn null(&mut self) -> Result<bool, Error> {
        if self.peek() != Some(b'n') {
            return Ok(false);
        }
        self.word("null").map(|()| true)
    }

    /// Reads a word that is known by its first letter.
    pub(super) fn word(&mut self, word: &str) -> Result<(), Error> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error("expected ident"));
        }
        self.at += word.len();
        Ok(())
    }

    /// Reads a bracket that opens something; `wanted` is what.
    #[inline]
    pub(crate) fn open(&mut self, bracket: u8, wanted: &'static str) -> Result<(), Error> {
        if self.peek() != Some(bracket) {
            return Err(self.mismatch(wanted));
        }
        if self.levels == DEEPEST {
            return Err(self.error(format_args!("nested deeper than {DEEPEST} levels")));
        }
        self.at += 1;
        self.levels += 1;
        self.is_fresh = true;
        Ok(())
    }

    /// Reads the name of an object's next member and the colon behind it; `None` once the object is closed.
    pub(crate) fn next_name(&mut self) -> Result<Option<Cow<'a, str>>, Error> {
        if self.ends(b'}', "an object")? {
            return Ok(None);
        }
        if self.peek() != Some(b'"') {
            return Err(match self.peek() {
                Some(b'}') => self.error("trailing comma"),
                Some(_) => self.error("key must be a string"),
                None => self.error("EOF while parsing an object"),
            });
        }
        let name = self.string()?;
        match self.peek() {
            Some(b':') => {
                self.at += 1;
                Ok(Some(name))
            }
            Some(_) => Err(self.error("expected `:`")),
            None => Err(self.error("EOF while parsing an object")),
        }
    }

    /// Whether an array has another element, which is next then; without one, the array is closed.
    #[inline]
    pub(crate) fn next_element(&mut self) -> Result<bool, Error> {
        self.ends(b']', "a list").map(|ends| !ends)
    }

    /// Reads the closing bracket, or the comma before the next part.
    #[inline]
    fn ends(&mut self, bracket: u8, what: &str) -> Result<bool, Error> {
        let is_fresh = std::mem::take(&mut self.is_fresh);
        match self.peek() {
            Some(byte) if byte == bracket => {
                self.at += 1;
                self.levels -= 1;
                Ok(true)
            }
            Some(_) if is_fresh => Ok(false),
            Some(b',') => {
                self.at += 1;
                Ok(false)
            }
            Some(_) => Err(self.error(format_args!("expected `,` or `{}`", char::from(bracket)))),
            None => Err(self.error(format_args!("EOF while parsing {what}"))),
        }
    }

    /// Reads past a value.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        match self.peek() {
            Some(b'{') => {
                self.open(b'{', "an object")?;
                while self.next_name()?.is_some() {
                    self.skip()?;
                }
                Ok(())
            }
            Some(b'[') => {
                self.open(b'[', "an array")?;
                while self.next_element()? {
                    self.skip()?;
                }
                Ok(())
            }
            _ => self.token("a value").map(drop),
        }
    }

    /// Reads past a value, which is given as it stands.
    pub(crate) fn raw(&mut self) -> Result<&'a str, Error> {
        self.peek();
        let start = self.at;
        self.skip()?;
        Ok(&self.text[start..self.at])
    }

    /// Checks that nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("trailing characters")),
        }
    }
}
