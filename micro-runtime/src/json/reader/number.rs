//! Numbers, and what else is one value: the fast ways for numbers as they are usually written.

use super::{Error, Reader};
use crate::json::token::{self, Token};

impl<'a> Reader<'a> {
    /// Reads a whole number, in quotes or not, if it is written in digits alone and fits into 64 bits.
    #[inline]
    fn whole(&mut self) -> Option<i128> {
        let quoted = self.peek()? == b'"';
        let bytes = self.text.as_bytes();
        let mut at = self.at + usize::from(quoted);
        let negative = bytes.get(at) == Some(&b'-');
        at += usize::from(negative);
        let (start, mut number) = (at, 0_u64);
        while let Some(digit) =
            bytes.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
        {
            number = number.checked_mul(10)?.checked_add(digit.into())?;
            at += 1;
        }
        let is_usual = at > start && (bytes[start] != b'0' || at == start + 1);
        let ends = match bytes.get(at) {
            Some(b'"') => quoted,
            Some(b'.' | b'e' | b'E') => false,
            _ => !quoted,
        };
        if !is_usual || !ends {
            return None;
        }
        self.at = at + usize::from(quoted);
        let number = i128::from(number);
        Some(if negative { -number } else { number })
    }

    /// Reads a whole number in any form; `wanted` is what the error says was expected.
    #[inline]
    pub(in crate::json) fn integer<T: TryFrom<i128>>(
        &mut self,
        wanted: &'static str,
    ) -> Result<T, Error> {
        let start = self.at;
        match self.whole().and_then(|number| T::try_from(number).ok()) {
            Some(number) => Ok(number),
            None => {
                self.at = start;
                token::read(self, wanted, |token| T::try_from(token.integer()?).ok())
            }
        }
    }

    /// Reads a value that is neither array nor object; `wanted` is what the error says was expected of such.
    pub(in crate::json) fn token(&mut self, wanted: &'static str) -> Result<Token<'a>, Error> {
        match self.peek() {
            Some(b'"') => self.string().map(Token::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Token::Number),
            Some(b't') => self.word("true").map(|()| Token::Bool(true)),
            Some(b'f') => self.word("false").map(|()| Token::Bool(false)),
            Some(b'n') => self.word("null").map(|()| Token::Null),
            Some(b'[') => Err(self.error(format_args!("expected {wanted}, got an array"))),
            Some(b'{') => Err(self.error(format_args!("expected {wanted}, got an object"))),
            Some(_) => Err(self.error("expected value")),
            None => Err(self.error("EOF while parsing a value")),
        }
    }

    /// The error that the value that is next is not what was expected.
    #[cold]
    pub(crate) fn mismatch(&mut self, wanted: &'static str) -> Error {
        self.peek();
        let start = self.at;
        match self.token(wanted) {
            Ok(got) => Error::at(start, format_args!("expected {wanted}, got {got}")),
            Err(error) => error,
        }
    }

    /// Reads a number, as it stands in the text; its first character is next.
    #[inline]
    pub(in crate::json) fn number(&mut self) -> Result<&'a str, Error> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        match self.byte() {
            Some(b'0'..=b'9') => Err(self.error("invalid number")),
            _ => Ok(&self.text[start..self.at]),
        }
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Reads one digit at least.
    #[inline]
    fn digits(&mut self) -> Result<(), Error> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        match self.byte() {
            _ if self.at > start => Ok(()),
            Some(_) => Err(self.error("invalid number")),
            None => Err(self.error("EOF while parsing a value")),
        }
    }
}
