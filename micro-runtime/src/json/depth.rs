//! How deep JSON text nests, before it is read: reading recurses.

/// The most objects and arrays that are open at once.
pub(super) fn of(text: &[u8]) -> usize {
    let (mut open, mut most, mut quoted) = (0_usize, 0, false);
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => drop(bytes.next()),
            b'{' | b'[' if !quoted => {
                open += 1;
                most = most.max(open);
            }
            b'}' | b']' if !quoted => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}

#[cfg(test)]
mod tests {
    #[test]
    fn brackets_in_text_do_not_count() {
        assert_eq!(super::of(b"1"), 0);
        assert_eq!(super::of(br#"{"a":[1,[2]],"b":{}}"#), 3);
        assert_eq!(super::of(br#"{"[[[\"[[[":"\\"}"#), 1);
    }
}
