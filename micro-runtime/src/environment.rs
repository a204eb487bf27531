//! What the environment says, in go-micro's names: back ends, addresses, limits.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::address::Address;
use crate::driver::{Driver, Drivers};
use crate::error::{Error, Result};

/// The settings that come from outside the program: `MICRO_…` variables.
///
/// What is said here goes before values in code and after objects in code: an address or a URL can be
/// changed without a build, and a registry that code made itself is never replaced.
///
/// | variable | sets |
/// |---|---|
/// | `MICRO_REGISTRY`, `MICRO_REGISTRY_ADDRESS` | the registry: a URL, or a scheme and its addresses |
/// | `MICRO_TRANSPORT`, `MICRO_TRANSPORT_ADDRESS` | the transport, likewise |
/// | `MICRO_SELECTOR` | the selector |
/// | `MICRO_CLIENT_REQUEST_TIMEOUT` | the time a call may take, such as `500ms` or `1m30s` |
/// | `MICRO_CLIENT_RETRIES` | how often a call that may be sent twice is sent again |
/// | `MICRO_SERVER_NAME`, `MICRO_SERVER_VERSION`, `MICRO_SERVER_ID` | who the node is |
/// | `MICRO_SERVER_ADDRESS` | where the server listens |
/// | `MICRO_SERVER_ADVERTISE` | what address it tells others |
/// | `MICRO_SERVER_METADATA` | labels of the node: `zone=eu,rack=7` |
/// | `MICRO_REGISTER_TTL` | how long the node outlives its last sign of life, in seconds |
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process, as they are now; those that are empty count as not set.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, value)| name.starts_with("MICRO_") && !value.is_empty())
            .collect()
    }

    /// No settings: only code decides.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// # Errors
    /// `invalid_argument`, naming the variable and the forms of addresses, if its value is none.
    pub(crate) fn address(&self, name: &str) -> Result<Option<Address>> {
        let parse = |text: &str| {
            text.parse().map_err(|error: Error| malformed(name, text, &error.message()))
        };
        self.text(name).map(parse).transpose()
    }

    /// A whole number; `unit` says of what.
    ///
    /// # Errors
    /// `invalid_argument`, naming the variable and the unit, if its value is no such number.
    pub(crate) fn number(&self, name: &str, unit: &str) -> Result<Option<u32>> {
        let wanted = || format!("wanted a number of {unit}, such as 3");
        let parse = |text: &str| text.parse().map_err(|_| malformed(name, text, &wanted()));
        self.text(name).map(parse).transpose()
    }

    /// # Errors
    /// `invalid_argument`, naming the variable, if its value is no duration.
    pub(crate) fn duration(&self, name: &str) -> Result<Option<Duration>> {
        let parse = |text: &str| {
            parse_duration(text)
                .ok_or_else(|| malformed(name, text, &"wanted a duration such as 500ms or 1m30s"))
        };
        self.text(name).map(parse).transpose()
    }

    /// A comma-separated list of `key=value`; a value may hold `=`.
    ///
    /// # Errors
    /// `invalid_argument`, naming the variable, if a part has no `=`.
    pub(crate) fn pairs(&self, name: &str) -> Result<Vec<(String, String)>> {
        let text = self.text(name).unwrap_or_default();
        let parts = text.split(',').filter(|part| !part.is_empty());
        let pair = |part: &str| {
            let (key, value) = part.split_once('=')?;
            Some((key.trim().to_owned(), value.to_owned()))
        };
        let wanted = |part| format!("wanted key=value, not {part:?}");
        parts.map(|part| pair(part).ok_or_else(|| malformed(name, text, &wanted(part)))).collect()
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect()
    }
}

fn malformed(name: &str, value: &str, why: &dyn fmt::Display) -> Error {
    Error::invalid_argument(format!("the environment variable {name} is {value:?}: {why}"))
}

/// A duration as Go writes it: numbers with units from hours to nanoseconds, largest first or not.
fn parse_duration(text: &str) -> Option<Duration> {
    let (mut rest, mut total) = (text, Duration::ZERO);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit);
        let seconds = number.parse::<f64>().ok()? * unit_seconds(unit)?;
        total = total.checked_add(Duration::try_from_secs_f64(seconds).ok()?)?;
        rest = tail;
    }
    if text.is_empty() { None } else { Some(total) }
}

fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "h" => 3_600.0,
        "m" => 60.0,
        "s" => 1.0,
        "ms" => 1e-3,
        "us" | "µs" => 1e-6,
        "ns" => 1e-9,
        _ => return None,
    })
}

/// One back end to be chosen: an object in code, or else a URL from the environment or code.
pub(crate) struct Choice<T: ?Sized> {
    pub(crate) object: Option<Arc<T>>,
    pub(crate) url: Option<String>,
    pub(crate) drivers: Drivers<T>,
}

impl<T: ?Sized> Choice<T> {
    pub(crate) fn new(drivers: Drivers<T>) -> Self {
        Self { object: None, url: None, drivers }
    }

    pub(crate) fn add_driver(&mut self, driver: Driver<T>) {
        let none = Drivers::new("back end");
        self.drivers = std::mem::replace(&mut self.drivers, none).with(driver);
    }

    /// The back end; `variable` names the environment's URL, and with `_ADDRESS` its addresses.
    pub(crate) fn resolve(
        self,
        environment: &Environment,
        variable: &str,
        default: impl FnOnce() -> Arc<T>,
    ) -> Result<Arc<T>> {
        if let Some(object) = self.object {
            return Ok(object);
        }
        if let Some(url) = environment.text(variable) {
            let addresses = environment.text(&format!("{variable}_ADDRESS")).unwrap_or_default();
            return self
                .drivers
                .open_at(url, addresses)
                .map_err(|error| error.with_fact("variable", variable.to_owned()));
        }
        match self.url {
            Some(url) => self.drivers.open(&url),
            None => Ok(default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(parse_duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("1m30.5s"), Some(Duration::from_millis(90_500)));
        for text in ["", "5", "s", "5x", "-5s", "1e9999h"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn a_malformed_variable_is_named_with_what_was_wanted() {
        let environment = Environment::from([("MICRO_CLIENT_REQUEST_TIMEOUT", "soon")]);
        let error = environment.duration("MICRO_CLIENT_REQUEST_TIMEOUT").unwrap_err();
        assert!(error.message().contains("MICRO_CLIENT_REQUEST_TIMEOUT"), "{error}");
        assert!(error.message().contains("500ms"), "{error}");
        let environment =
            Environment::from([("MICRO_REGISTER_TTL", "1m"), ("MICRO_SERVER_ADDRESS", "80")]);
        let error = environment.number("MICRO_REGISTER_TTL", "seconds").unwrap_err();
        assert!(error.message().contains("wanted a number of seconds"), "{error}");
        let error = environment.address("MICRO_SERVER_ADDRESS").unwrap_err();
        assert!(error.message().contains("MICRO_SERVER_ADDRESS"), "{error}");
        assert!(error.message().contains("wanted host:port"), "{error}");
        let environment = Environment::from([("MICRO_SERVER_METADATA", "zone=eu,rack")]);
        assert!(environment.pairs("MICRO_SERVER_METADATA").unwrap_err().message().contains("rack"));
    }
}
