//! Fractions of seconds as text: none, or 3, 6 or 9 digits.

/// How many nanoseconds a second has.
pub(super) const NANOS: i32 = 1_000_000_000;

/// `.5` seconds are `.500`; none are nothing.
pub(super) fn write(nanos: i32, out: &mut Vec<u8>) {
    if nanos == 0 {
        return;
    }
    out.push(b'.');
    let nanos = i64::from(nanos);
    match nanos {
        _ if nanos % 1_000_000 == 0 => digits::<3>(nanos / 1_000_000, out),
        _ if nanos % 1000 == 0 => digits::<6>(nanos / 1000, out),
        _ => digits::<9>(nanos, out),
    }
}

/// A number in `N` digits, which are enough for it.
pub(super) fn digits<const N: usize>(number: i64, out: &mut Vec<u8>) {
    let mut text = [b'0'; N];
    let mut rest = number.unsigned_abs();
    for digit in text.iter_mut().rev() {
        *digit += u8::try_from(rest % 10).expect("a digit is less than ten");
        rest /= 10;
    }
    out.extend_from_slice(&text);
}

/// Nanoseconds from the digits behind a point: one to nine of them.
pub(super) fn read(digits: &str) -> Option<i32> {
    let is_fraction =
        (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_fraction {
        return None;
    }
    format!("{digits:0<9}").parse().ok()
}
