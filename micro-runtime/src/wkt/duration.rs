//! `google.protobuf.Duration`: a span of time, `"1.5s"` in JSON.

use super::fraction::{self, NANOS};
use crate::json::{Error, JsonValue, Reader, known, text};

/// The longest duration that protobuf allows, in seconds: about ten thousand years.
const LONGEST: i64 = 315_576_000_000;

/// A span of time; seconds and nanoseconds have the same sign.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Duration {
    /// Whole seconds.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// The rest, in nanoseconds.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

impl Duration {
    fn is_valid(self) -> bool {
        let same_sign =
            self.seconds == 0 || self.nanos == 0 || (self.seconds < 0) == (self.nanos < 0);
        same_sign && self.seconds.abs() <= LONGEST && self.nanos.abs() < NANOS
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('s')?;
        let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
        let (seconds, digits) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
        if seconds.is_empty() || !seconds.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let nanos = digits.map_or(Some(0), fraction::read)?;
        let seconds: i64 = seconds.parse().ok()?;
        Some(Self { seconds: i64::from(sign) * seconds, nanos: sign * nanos })
            .filter(|duration| duration.is_valid())
    }
}

impl JsonValue for Duration {
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        if !self.is_valid() {
            return Err(Error::new("this google.protobuf.Duration is out of range"));
        }
        out.push(b'"');
        if self.seconds < 0 || self.nanos < 0 {
            out.push(b'-');
        }
        text::number(out, self.seconds.abs());
        fraction::write(self.nanos.abs(), out);
        out.extend_from_slice(b"s\"");
        Ok(())
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        known::read_text(reader, "a duration such as \"1.5s\"", Self::parse)
    }
}

/// Spans of more than 292 billion years become that.
impl From<std::time::Duration> for Duration {
    fn from(duration: std::time::Duration) -> Self {
        let seconds = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        let nanos = i32::try_from(duration.subsec_nanos()).expect("less than a billion");
        Self { seconds, nanos }
    }
}

impl TryFrom<Duration> for std::time::Duration {
    type Error = std::num::TryFromIntError;

    /// Fails for negative durations.
    fn try_from(duration: Duration) -> Result<Self, Self::Error> {
        Ok(Self::new(duration.seconds.try_into()?, duration.nanos.try_into()?))
    }
}
