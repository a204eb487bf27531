//! Percent-encoding, as URLs have it.
//!
//! Source of the format: RFC 3986, section 2.1.

/// The bytes of a text, each `%XX` replaced by what it stands for; `None` if a `%` stands for nothing.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let digits =
            piece.get(..2).filter(|digits| digits.bytes().all(|d| d.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn what_is_encoded_is_decoded_and_what_is_broken_is_not() {
        assert_eq!(decode("a%20%c3%A9+").unwrap(), "a é+".as_bytes());
        for broken in ["%", "%4", "%zz", "a%+1", "%é"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }
}
