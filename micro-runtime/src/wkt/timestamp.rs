//! `google.protobuf.Timestamp`: a point in time, `"2026-01-31T12:00:00Z"` in JSON.
//!
//! Source of the format: RFC 3339; of the calendar: the proleptic Gregorian one, counted from the first of March, so
//! that the day that some years have comes last.

use std::time::{SystemTime, UNIX_EPOCH};

use super::fraction::{self, NANOS};
use crate::json::{Error, JsonValue, Reader, known};

const DAY: i64 = 24 * 60 * 60;
/// Years until the calendar repeats.
const ERA_YEARS: i64 = 400;
/// Days until the calendar repeats.
const ERA_DAYS: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_468;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// A point in time, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Nanoseconds behind that, never negative.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

impl Timestamp {
    /// Now, by this machine's clock.
    #[must_use]
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    fn is_valid(self) -> bool {
        RANGE.contains(&self.seconds) && (0..NANOS).contains(&self.nanos)
    }

    fn parse(text: &str) -> Option<Self> {
        let (local, offset) = match text.strip_suffix('Z') {
            Some(local) => (local, 0),
            None => {
                let (local, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
                (local, parse_offset(offset)?)
            }
        };
        let (date_time, digits) =
            local.split_once('.').map_or((local, None), |(a, b)| (a, Some(b)));
        let nanos = digits.map_or(Some(0), fraction::read)?;
        let [year, month, day, hour, minute, second] = numbers(date_time, "0000-00-00T00:00:00")?;
        let days = days(year, month, day);
        // A day that the month does not have would come back as one of the next month.
        let is_time = hour < 24 && minute < 60 && second < 60;
        if !is_time || date(days) != (year, month, day) {
            return None;
        }
        let seconds = days * DAY + hour * 3600 + minute * 60 + second - offset;
        Some(Self { seconds, nanos }).filter(|timestamp| timestamp.is_valid())
    }
}

/// Seconds to the east, from `+01:30`.
fn parse_offset(text: &str) -> Option<i64> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let [hours, minutes] = numbers(&text[1..], "00:00")?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// The numbers of a text that has digits where the shape has zeros, and else the same.
fn numbers<const N: usize>(text: &str, shape: &str) -> Option<[i64; N]> {
    let fits = |(byte, wanted): (u8, u8)| {
        if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted }
    };
    if text.len() != shape.len() || !text.bytes().zip(shape.bytes()).all(fits) {
        return None;
    }
    let mut parts = text.split(|char: char| !char.is_ascii_digit());
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = parts.next()?.parse().ok()?;
    }
    Some(numbers)
}

/// Days since 1970-01-01 of a date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year) = (year.div_euclid(ERA_YEARS), year.rem_euclid(ERA_YEARS));
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year * 365 + year / 4 - year / 100 + day_of_year;
    era * ERA_DAYS + day_of_era - EPOCH_DAYS
}

/// The date of a number of days since 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH_DAYS;
    let (era, day) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year = (day - day / 1460 + day / 36_524 - day / (ERA_DAYS - 1)) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * ERA_YEARS;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

impl JsonValue for Timestamp {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        if !self.is_valid() {
            return Err(Error::new("this google.protobuf.Timestamp is out of range"));
        }
        let (days, second) = (self.seconds.div_euclid(DAY), self.seconds.rem_euclid(DAY));
        let (year, month, day) = date(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        out.push(b'"');
        fraction::digits::<4>(year, out);
        for (before, number) in
            [(b'-', month), (b'-', day), (b'T', hour), (b':', minute), (b':', second)]
        {
            out.push(before);
            fraction::digits::<2>(number, out);
        }
        fraction::write(self.nanos, out);
        out.extend_from_slice(b"Z\"");
        Ok(())
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        known::read_text(reader, "a time such as \"2026-01-31T12:00:00Z\"", Self::parse)
    }
}

/// Times of more than 292 billion years become that.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let since = |duration: std::time::Duration| super::Duration::from(duration);
        match time.duration_since(UNIX_EPOCH).map(since) {
            Ok(after) => Self { seconds: after.seconds, nanos: after.nanos },
            Err(error) => {
                let before = since(error.duration());
                let borrow = i64::from(before.nanos > 0);
                Self { seconds: -before.seconds - borrow, nanos: (NANOS - before.nanos) % NANOS }
            }
        }
    }
}

impl TryFrom<Timestamp> for SystemTime {
    type Error = std::num::TryFromIntError;

    /// Fails if the nanoseconds are negative; what the system's clock cannot hold becomes the epoch.
    fn try_from(timestamp: Timestamp) -> Result<Self, Self::Error> {
        let nanos = std::time::Duration::from_nanos(timestamp.nanos.try_into()?);
        let seconds = std::time::Duration::from_secs(timestamp.seconds.unsigned_abs());
        let time = if timestamp.seconds < 0 {
            UNIX_EPOCH.checked_sub(seconds)
        } else {
            UNIX_EPOCH.checked_add(seconds)
        };
        Ok(time.and_then(|time| time.checked_add(nanos)).unwrap_or(UNIX_EPOCH))
    }
}
