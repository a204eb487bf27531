//! Strings: most stand in the text as they are, the others are unescaped.

use super::{Cow, Error, Reader, scan};

impl<'a> Reader<'a> {
    /// Reads a string; its opening quote is next.
    #[inline]
    pub(in crate::json) fn string(&mut self) -> Result<Cow<'a, str>, Error> {
        let start = self.at + 1;
        self.at = start;
        let text = self.plain();
        if self.text.as_bytes().get(self.at) == Some(&b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        self.escaped(text).map(Cow::Owned)
    }

    /// Reads up to what ends a string, or is escaped in it.
    #[inline]
    fn plain(&mut self) -> &'a str {
        let start = self.at;
        self.at += scan::plain(&self.text.as_bytes()[start..]);
        &self.text[start..self.at]
    }

    /// Reads the rest of a string of which the start is read.
    #[cold]
    fn escaped(&mut self, start: &str) -> Result<String, Error> {
        // Where one character is escaped, there is often more to come.
        let mut text = String::with_capacity(2 * start.len() + 64);
        text.push_str(start);
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => {
                    return Err(self.error(
                        "control character (\\u0000-\\u001F) found while parsing a string",
                    ));
                }
                None => return Err(self.error("EOF while parsing a string")),
            }
            text.push_str(self.plain());
        }
    }

    /// Reads what a backslash and the next characters stand for.
    fn escape(&mut self) -> Result<char, Error> {
        let byte = self.text.as_bytes().get(self.at + 1);
        let char = match byte {
            Some(b'u') => return self.code(),
            Some(b'"' | b'\\' | b'/') => char::from(*byte.expect("it was just looked at")),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(_) => return Err(self.error("invalid escape")),
            None => return Err(self.error("EOF while parsing a string")),
        };
        self.at += 2;
        Ok(char)
    }

    /// Reads a character in hexadecimal digits, or in two times four of them.
    fn code(&mut self) -> Result<char, Error> {
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.error("half a surrogate pair"));
        }
        match self.unit() {
            Ok(second @ 0xdc00..0xe000) => {
                let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                Ok(char::from_u32(code).expect("pairs of surrogates are characters"))
            }
            _ => Err(self.error("half a surrogate pair")),
        }
    }

    /// Reads `\u` and four digits.
    fn unit(&mut self) -> Result<u32, Error> {
        let digits = self.text.get(self.at..self.at + 6).and_then(|text| text.strip_prefix("\\u"));
        let is_hex = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = digits.filter(is_hex).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.error("expected \\u and four hexadecimal digits"))?;
        self.at += 6;
        Ok(code)
    }
}
