//! The URLs that name back ends: several hosts, and nothing secret in what is printed.

use std::fmt;
use std::str::FromStr;

use crate::address::Address;
use crate::error::{Error, Result};
use crate::percent;

/// `scheme://user:password@host:1,host:2/path?name=value&name=value`, or a scheme alone.
///
/// What `%XX` stands for is decoded in all parts but the scheme; a password with `/`, `?`, `#`, `@` or
/// `%` has to be written that way. `Display` and `Debug` hide user, password and the values of settings.
///
/// ```
/// use micro_runtime::driver::Url;
///
/// let url: Url = "nats://ann:se%2Fcret@n1,[::1]:4223/prefix?tls=on".parse()?;
/// assert_eq!((url.scheme(), url.user(), url.password()), ("nats", Some("ann"), Some("se/cret")));
/// assert_eq!(url.addresses(Some(4222))?[1].to_string(), "[::1]:4223");
/// assert_eq!((url.path(), url.setting("tls")), ("/prefix", Some("on")));
/// assert_eq!(url.to_string(), "nats://***@n1,[::1]:4223/prefix?tls=***");
/// # Ok::<(), micro_runtime::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    scheme: String,
    user: Option<String>,
    password: Option<String>,
    hosts: Vec<Host>,
    path: String,
    settings: Vec<(String, String)>,
}

/// One host of a [`Url`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Host {
    /// The name or IP address, without brackets.
    pub name: String,
    /// The port, if the URL has one.
    pub port: Option<u16>,
}

impl Url {
    /// The scheme, in lower case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The user.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The password.
    #[must_use]
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The hosts, in order.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The hosts as addresses; one without a port gets the default one.
    ///
    /// # Errors
    /// If a host has no port and there is no default one.
    pub fn addresses(&self, default_port: Option<u16>) -> Result<Vec<Address>> {
        let address = |host: &Host| {
            let port = host.port.or(default_port).ok_or_else(|| {
                malformed(format!("host {:?} needs a port: {}:port", host.name, host.name))
            })?;
            Ok(Address::host(&host.name, port))
        };
        self.hosts.iter().map(address).collect()
    }

    /// What follows the hosts: empty, or it begins with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of a setting: what follows `name=` behind the `?`.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// All settings, in order.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The same URL with a list of hosts such as `a:1,b:2`; an empty list changes nothing.
    ///
    /// # Errors
    /// If the list is malformed, or the URL has hosts already.
    pub fn at(mut self, hosts: &str) -> Result<Self> {
        let hosts = hosts.trim();
        if hosts.is_empty() {
            return Ok(self);
        }
        if !self.hosts.is_empty() {
            return Err(malformed("addresses are given both in the URL and beside it; choose one"));
        }
        self.hosts = parse_hosts(hosts)?;
        Ok(self)
    }

    /// For drivers that take no user and password.
    ///
    /// # Errors
    /// If there are some.
    pub fn without_userinfo(&self) -> Result<&Self> {
        self.refuse(self.user.is_some(), "user or password")
    }

    /// For drivers that take no hosts.
    ///
    /// # Errors
    /// If there are some.
    pub fn without_hosts(&self) -> Result<&Self> {
        self.refuse(!self.hosts.is_empty(), "addresses")
    }

    /// For drivers that take no path.
    ///
    /// # Errors
    /// If there is one other than `/`.
    pub fn without_path(&self) -> Result<&Self> {
        self.refuse(!matches!(&*self.path, "" | "/"), "path")
    }

    /// For drivers that take no settings.
    ///
    /// # Errors
    /// If there are some.
    pub fn without_settings(&self) -> Result<&Self> {
        self.refuse(!self.settings.is_empty(), "settings")
    }

    /// For drivers that take a scheme and nothing else.
    ///
    /// # Errors
    /// If there is anything else.
    pub fn alone(&self) -> Result<()> {
        self.without_userinfo()?.without_hosts()?.without_path()?.without_settings().map(drop)
    }

    /// For drivers that take these settings and no others, so that a typing error is told.
    ///
    /// # Errors
    /// If there are others: the error lists those that are taken.
    pub fn with_settings(&self, names: &[&str]) -> Result<&Self> {
        match self.settings().find(|(name, _)| !names.contains(name)) {
            None => Ok(self),
            Some((other, _)) => Err(malformed(format!(
                "{} takes no setting {other:?}, but {}",
                self.scheme,
                names.join(", ")
            ))),
        }
    }

    fn refuse(&self, present: bool, what: &str) -> Result<&Self> {
        if present { Err(malformed(format!("{} takes no {what}", self.scheme))) } else { Ok(self) }
    }
}

impl FromStr for Url {
    type Err = Error;

    /// Messages name the part that is wrong, and print it only where no password can be in it.
    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or((text, ""));
        let scheme = parse_scheme(scheme)?;
        if rest.contains('#') {
            return Err(malformed("nothing may follow a '#'; write %23 for the character itself"));
        }
        let (rest, settings) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if path.contains('@') {
            return Err(malformed("a '@' in the path is written %40, and a '/' in a password %2F"));
        }
        let (userinfo, hosts) = authority
            .rsplit_once('@')
            .map_or((None, authority), |(user, hosts)| (Some(user), hosts));
        let (user, password) = parse_userinfo(userinfo)?;
        Ok(Self {
            scheme,
            user,
            password,
            hosts: parse_hosts(hosts)?,
            path: decoded(path, "the path")?,
            settings: parse_settings(settings)?,
        })
    }
}

fn parse_scheme(scheme: &str) -> Result<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_');
    let letter_first = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    if letter_first && scheme.chars().all(plain) {
        return Ok(scheme.to_ascii_lowercase());
    }
    Err(malformed("it has to begin with scheme:// or be a scheme alone"))
}

fn parse_userinfo(text: Option<&str>) -> Result<(Option<String>, Option<String>)> {
    let Some(text) = text else { return Ok((None, None)) };
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (text, None),
    };
    let password = password.map(|text| decoded(text, "the password")).transpose()?;
    Ok((Some(decoded(user, "the user")?), password))
}

fn parse_hosts(text: &str) -> Result<Vec<Host>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let host = |(position, text): (usize, &str)| parse_host(position + 1, text.trim());
    text.split(',').enumerate().map(host).collect()
}

fn parse_host(position: usize, text: &str) -> Result<Host> {
    let wrong = |why: &str| malformed(format!("host number {position} {why}"));
    let (name, port) = match text.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(None) => return Err(wrong("has a '[' without a ']'")),
        Some(Some((name, _))) if name.parse::<std::net::Ipv6Addr>().is_err() => {
            return Err(wrong("has brackets, but no IPv6 address in them"));
        }
        Some(Some((name, rest))) => (name, (!rest.is_empty()).then_some(rest)),
        None => text.find(':').map_or((text, None), |at| (&text[..at], Some(&text[at..]))),
    };
    let port = match port {
        None => None,
        Some(port) => Some(port.strip_prefix(':').and_then(parse_port).ok_or_else(|| {
            wrong(
                "has a port that is no number from 1 to 65535 (an IPv6 address needs brackets; \
                 in a password, '/' is %2F, '?' is %3F and '@' is %40)",
            )
        })?),
    };
    if name.is_empty() {
        return Err(wrong("is empty"));
    }
    Ok(Host { name: decoded(name, "a host")?, port })
}

fn parse_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

fn parse_settings(text: &str) -> Result<Vec<(String, String)>> {
    let setting = |(position, text): (usize, &str)| {
        let (name, value) =
            text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(|| {
                malformed(format!("setting number {} is not of the form name=value", position + 1))
            })?;
        Ok((decoded(name, "a setting's name")?, decoded(value, "a setting's value")?))
    };
    text.split('&').filter(|text| !text.is_empty()).enumerate().map(setting).collect()
}

/// The text with each `%XX` replaced by the byte that it stands for.
fn decoded(text: &str, part: &str) -> Result<String> {
    let bytes = percent::decode(text).ok_or_else(|| {
        malformed(format!("{part} has a '%' without two hexadecimal digits after it"))
    })?;
    String::from_utf8(bytes).map_err(|_| malformed(format!("{part} is not UTF-8 when decoded")))
}

fn malformed(what: impl Into<String>) -> Error {
    Error::invalid_argument(what.into())
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bracketed = self.name.contains(':');
        match (bracketed, self.port) {
            (true, Some(port)) => write!(f, "[{}]:{port}", self.name),
            (true, None) => write!(f, "[{}]", self.name),
            (false, Some(port)) => write!(f, "{}:{port}", self.name),
            (false, None) => f.write_str(&self.name),
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = if self.user.is_some() { "***@" } else { "" };
        write!(f, "{}://{hidden}", self.scheme)?;
        for (position, host) in self.hosts.iter().enumerate() {
            let separator = if position == 0 { "" } else { "," };
            write!(f, "{separator}{host}")?;
        }
        f.write_str(&self.path)?;
        for (position, (name, _)) in self.settings.iter().enumerate() {
            let separator = if position == 0 { '?' } else { '&' };
            write!(f, "{separator}{name}=***")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}
