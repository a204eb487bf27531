//! Base64: written without padding, read with or without, in the alphabet of URLs or the other one.
//!
//! Source of the format: RFC 4648, sections 4 and 5.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    append(bytes, &mut text);
    String::from_utf8(text).expect("the alphabet is ASCII")
}

/// Appends the encoding, without padding.
pub(crate) fn append(bytes: &[u8], text: &mut Vec<u8>) {
    text.reserve(bytes.len().div_ceil(3) * 4);
    let digit = |bits: u32, position: u32| ALPHABET[(bits >> (18 - 6 * position)) as usize & 63];
    let (chunks, rest) = bytes.as_chunks::<3>();
    for [first, second, third] in chunks {
        let bits = u32::from_be_bytes([0, *first, *second, *third]);
        text.extend_from_slice(&[0, 1, 2, 3].map(|position| digit(bits, position)));
    }
    match rest {
        [first, second] => {
            let bits = u32::from_be_bytes([0, *first, *second, 0]);
            text.extend_from_slice(&[0, 1, 2].map(|position| digit(bits, position)));
        }
        [first] => {
            let bits = u32::from_be_bytes([0, *first, 0, 0]);
            text.extend_from_slice(&[0, 1].map(|position| digit(bits, position)));
        }
        _ => {}
    }
}

/// Decodes with or without padding; `None` for what is no base64.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    let text = &text[..end];
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.chunks(4) {
        let mut bits = 0;
        for byte in chunk {
            bits = bits << 6 | value(*byte)?;
        }
        match chunk.len() {
            4 => bytes.extend_from_slice(&bits.to_be_bytes()[1..]),
            3 => bytes.extend_from_slice(&(bits >> 2).to_be_bytes()[2..]),
            2 => bytes.extend_from_slice(&(bits >> 4).to_be_bytes()[3..]),
            _ => return None,
        }
    }
    Some(bytes)
}

fn value(byte: u8) -> Option<u32> {
    Some(VALUES[usize::from(byte)].into()).filter(|value| *value < 64)
}

/// The value of each byte that is a digit of either alphabet; 64 for the others.
const VALUES: [u8; 256] = {
    let mut values = [64; 256];
    let mut value = 0;
    while value < 64 {
        values[ALPHABET[value as usize] as usize] = value;
        value += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc_are_written_and_read() {
        for (bytes, text) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")]
        {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text.as_bytes()).unwrap(), bytes.as_bytes());
        }
        assert_eq!(decode(b"Zg==").unwrap(), b"f");
        assert_eq!(decode(b"-_+/").unwrap(), decode(b"+/-_").unwrap());
        assert_eq!(decode(b"Z"), None);
        assert_eq!(decode(b"Zg!="), None);
    }
}
