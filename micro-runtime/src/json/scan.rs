//! Finds what in a string needs a second look, eight bytes at a time.

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// How many bytes stand before the first quote, backslash or control character.
#[inline]
pub(super) fn plain(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return index * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let length = rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len());
    bytes.len() - rest.len() + length
}

/// The highest bit of the first special byte, and maybe others above it.
///
/// Source: "Bit Twiddling Hacks", `hasless` and `haszero`; a byte's borrow reaches only those above it.
const fn special(word: u64) -> u64 {
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let quote = quote.wrapping_sub(ONES) & !quote;
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    (control | quote | backslash) & HIGHS
}

const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_found_at_every_place_and_nothing_before_it() {
        for byte in 0..=u8::MAX {
            for place in 0..20 {
                let mut bytes = [b'x'; 20];
                bytes[place] = byte;
                let wanted = if is_special(byte) { place } else { bytes.len() };
                assert_eq!(plain(&bytes), wanted, "{byte:#x} at {place}");
            }
        }
    }

    #[test]
    fn what_follows_a_special_byte_does_not_hide_it() {
        for (first, second) in [(b'"', b'#'), (b'\\', b']'), (0x1f, 0x20), (b'"', 0), (0, 1)] {
            assert_eq!(plain(&[b' ', first, second, 0xff, b'!', b'!', b'!', b'!']), 1);
        }
    }
}
