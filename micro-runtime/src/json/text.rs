//! Writes JSON text, byte by byte.
//!
//! Whatever is written in an object or array ends with a comma; [`close`] makes the last one the closing bracket.

use serde::Serialize;

use super::scan;

/// The name of a member and the colon behind it; the name is as it stands between quotes.
#[inline]
pub(crate) fn name(out: &mut Vec<u8>, name: &'static str) {
    // A name, its punctuation, and most values.
    out.reserve(name.len() + 24);
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Ends what was opened with another bracket.
#[inline]
pub(crate) fn close(out: &mut Vec<u8>, bracket: u8) {
    match out.last_mut() {
        Some(last) if *last == b',' => *last = bracket,
        _ => out.push(bracket),
    }
}

/// A finite number, in as few digits as bring it back.
#[inline]
pub(crate) fn number(out: &mut Vec<u8>, number: impl Serialize) {
    // serde_json knows the fastest ways, and is here anyway.
    serde_json::to_writer(out, &number).expect("memory takes every number");
}

/// A string in quotes.
#[inline]
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    out.reserve(rest.len() + 3);
    out.push(b'"');
    loop {
        let (plain, special) = rest.split_at(scan::plain(rest));
        out.extend_from_slice(plain);
        let Some((byte, after)) = special.split_first() else { break };
        escape(out, *byte);
        rest = after;
    }
    out.push(b'"');
}

#[cold]
fn escape(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            let [high, low] = [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
            return out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_escaped_as_serde_json_does_and_comes_back() {
        let all: String = (0..=0x17f).filter_map(char::from_u32).chain(['\u{1f600}']).collect();
        let mut out = Vec::new();
        string(&mut out, &all);
        assert_eq!(String::from_utf8(out.clone()).unwrap(), serde_json::to_string(&all).unwrap());
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), all);
    }
}
