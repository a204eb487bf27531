//! The `grpc-timeout` header: at most eight digits and a unit.

use std::time::Duration;

/// The largest number that the header holds.
const LARGEST: u128 = 99_999_999;

/// Units from small to large, with their length in nanoseconds.
const UNITS: [(char, u128); 6] = [
    ('n', 1),
    ('u', 1_000),
    ('m', 1_000_000),
    ('S', 1_000_000_000),
    ('M', 60 * 1_000_000_000),
    ('H', 3_600 * 1_000_000_000),
];

/// Writes a timeout to at least four digits where there are so many, rounded up so that nobody gives up early.
///
/// Not more exactly: the time left of the usual 5 s is `5000m` for each call, which header compression
/// sends as one byte, where microseconds would fill its table with values that never come again.
pub(super) fn format(timeout: Duration) -> String {
    let count = |length| timeout.as_nanos().div_ceil(length);
    let exact = UNITS.iter().rev().find(|(_, length)| count(*length) >= 1_000);
    let (unit, length) = *exact.unwrap_or(&UNITS[0]);
    format!("{}{unit}", count(length).min(LARGEST))
}

/// Reads a timeout; `None` for what is none.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let plain =
        !digits.is_empty() && digits.len() <= 8 && digits.bytes().all(|b| b.is_ascii_digit());
    let count: u64 = if plain { digits.parse().ok()? } else { return None };
    match unit {
        "n" => Some(Duration::from_nanos(count)),
        "u" => Some(Duration::from_micros(count)),
        "m" => Some(Duration::from_millis(count)),
        "S" => Some(Duration::from_secs(count)),
        "M" => Some(Duration::from_secs(count * 60)),
        "H" => Some(Duration::from_secs(count * 3_600)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read_and_nonsense_is_not() {
        assert_eq!(parse("20m"), Some(Duration::from_millis(20)));
        assert_eq!(parse("99999999H"), Some(Duration::from_secs(99_999_999 * 3_600)));
        for text in ["", "m", "1", "1x", "-1S", "+1S", "123456789S", "1 S", "1é"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_few_digits_are_written_and_never_less_time() {
        assert_eq!(format(Duration::from_millis(20)), "20000u");
        assert_eq!(format(Duration::from_secs(5)), "5000m");
        assert_eq!(format(Duration::from_micros(4_999_001)), "5000m");
        assert_eq!(format(Duration::from_nanos(1_000_001)), "1001u");
        assert_eq!(format(Duration::from_nanos(7)), "7n");
        assert_eq!(format(Duration::ZERO), "0n");
        assert_eq!(format(Duration::MAX), "99999999H");
    }
}
