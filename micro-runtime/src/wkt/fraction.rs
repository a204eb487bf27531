//! Fractions of seconds as text: none, or 3, 6 or 9 digits.

/// How many nanoseconds a second has.
pub(super) const NANOS: i32 = 1_000_000_000;

/// `.5` seconds are `.500`; none are nothing.
pub(super) fn write(nanos: i32) -> String {
    match nanos {
        0 => String::new(),
        _ if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        _ if nanos % 1000 == 0 => format!(".{:06}", nanos / 1000),
        _ => format!(".{nanos:09}"),
    }
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
