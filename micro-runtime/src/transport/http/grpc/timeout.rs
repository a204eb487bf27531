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

/// Writes a timeout in the smallest unit that holds it, rounded up so that nobody gives up early.
pub(super) fn format(timeout: Duration) -> String {
    for (unit, length) in UNITS {
        let count = timeout.as_nanos().div_ceil(length);
        if count <= LARGEST {
            return format!("{count}{unit}");
        }
    }
    format!("{LARGEST}H")
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
    fn the_smallest_fitting_unit_is_written_and_never_less_time() {
        assert_eq!(format(Duration::from_millis(20)), "20000000n");
        assert_eq!(format(Duration::from_secs(5)), "5000000u");
        assert_eq!(format(Duration::from_nanos(100_000_001)), "100001u");
        assert_eq!(format(Duration::MAX), "99999999H");
    }
}
