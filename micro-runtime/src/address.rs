//! Where a node can be reached, and where a server listens.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::Error;

/// An address that a transport can listen on or dial.
///
/// Written `host:port`, `[::1]:port`, `unix:/path/to/socket`, or `name:anything` for transports that
/// know their peers by name, such as `memory`.
///
/// ```
/// use micro_runtime::Address;
///
/// let address: Address = "[::1]:8080".parse()?;
/// assert_eq!(address.port(), Some(8080));
/// assert!("8080".parse::<Address>().is_err());
/// # Ok::<(), micro_runtime::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Address {
    /// A host name or IP address (without brackets) and a TCP or UDP port.
    Host {
        /// The name or IP address.
        host: String,
        /// The port; 0 lets the system choose when listening.
        port: u16,
    },
    /// A Unix domain socket.
    Unix(PathBuf),
    /// A name that only the transport understands.
    Name(String),
}

impl Address {
    /// A host and a port.
    pub fn host(host: impl Into<String>, port: u16) -> Self {
        Self::Host { host: host.into(), port }
    }

    /// A Unix domain socket.
    pub fn unix(path: impl AsRef<Path>) -> Self {
        Self::Unix(path.as_ref().to_owned())
    }

    /// A name for transports that know their peers by name.
    pub fn name(name: impl Into<String>) -> Self {
        Self::Name(name.into())
    }

    /// The port, if there is one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::Host { port, .. } => Some(*port),
            Self::Unix(_) | Self::Name(_) => None,
        }
    }

    /// Whether listening here takes connections on every interface of the machine.
    #[must_use]
    pub fn is_unspecified(&self) -> bool {
        matches!(self, Self::Host { host, .. } if host.is_empty() || host == "0.0.0.0" || host == "::")
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Host { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Name(name) => write!(f, "name:{name}"),
        }
    }
}

impl From<std::net::SocketAddr> for Address {
    fn from(address: std::net::SocketAddr) -> Self {
        Self::host(address.ip().to_string(), address.port())
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some(path) = text.strip_prefix("unix:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(malformed(text)) } else { Ok(Self::unix(path)) };
        }
        if let Some(name) = text.strip_prefix("name:") {
            return if name.is_empty() { Err(malformed(text)) } else { Ok(Self::name(name)) };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(|| malformed(text))?;
        let port = port.parse().map_err(|_| malformed(text))?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match bare {
            Some(host) if host.parse::<std::net::Ipv6Addr>().is_ok() => Ok(Self::host(host, port)),
            None if !host.contains([':', '[', ']', '/', '@', ' ']) => Ok(Self::host(host, port)),
            _ => Err(malformed(text)),
        }
    }
}

fn malformed(text: &str) -> Error {
    Error::invalid_argument(format!(
        "{text:?} is no address: wanted host:port, [ipv6]:port, unix:/path or name:something"
    ))
}

impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|error: Error| serde::de::Error::custom(error.message()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_printed_alike() {
        for text in
            ["127.0.0.1:80", "[::1]:0", "greeter.local:8080", ":9090", "unix:/tmp/a b", "name:q"]
        {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_malformed_address_is_named_with_the_forms_wanted() {
        for text in ["", "80", "::1:80", "[::1]", "host:port", "host:70000", "http://a:1", "unix:"]
        {
            let error = text.parse::<Address>().unwrap_err();
            assert!(error.message().contains("wanted host:port"), "{text}: {error}");
        }
    }
}
