//! What travels along with a call: lower-case keys, each with one or more values.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::error::{Error, Result};

/// Keys and values beside a message; a key may have several values, in order.
///
/// Keys are lower-case ASCII letters, digits, `-`, `_` and `.`; capitals are lowered. Values are
/// printable ASCII, but for keys that end in `-bin`, whose values are any bytes (as in gRPC).
///
/// ```
/// use micro_runtime::Metadata;
///
/// let mut metadata = Metadata::new();
/// metadata.append("X-Tenant", "acme")?;
/// assert_eq!(metadata.get("x-tenant"), Some("acme"));
/// assert!(metadata.append("grpc-timeout", "1S").is_err());
/// # Ok::<(), micro_runtime::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    entries: Vec<(Cow<'static, str>, Bytes)>,
}

impl Metadata {
    /// No entries; allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The number of values, all keys together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The first value of `key`; `None` also for binary values.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.get_all(key).next()
    }

    /// All values of `key`, in order, but for binary ones.
    pub fn get_all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.get_all_bytes(key).filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// The first value of `key` as bytes: what a `-bin` key holds.
    #[must_use]
    pub fn get_bytes(&self, key: &str) -> Option<&Bytes> {
        self.get_all_bytes(key).next()
    }

    /// All values of `key` as bytes, in order.
    pub fn get_all_bytes<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a Bytes> {
        let key = key.to_ascii_lowercase();
        self.entries.iter().filter(move |(name, _)| *name == key).map(|(_, value)| value)
    }

    /// Every key and value, in order; the values of `-bin` keys are raw bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.entries.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// Adds a value to those of `key`.
    ///
    /// # Errors
    /// `invalid_argument` if the key is not a key, is reserved to the protocols, or the value does not
    /// fit the key.
    pub fn append(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Bytes>,
    ) -> Result<()> {
        let (key, value) = (lowered(key.into()), value.into());
        check_key(&key)?;
        check_value(&key, &value)?;
        self.entries.push((key, value));
        Ok(())
    }

    /// Replaces all values of `key` with one.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn insert(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Bytes>,
    ) -> Result<()> {
        let key = lowered(key.into());
        let value = value.into();
        check_key(&key)?;
        check_value(&key, &value)?;
        self.entries.retain(|(name, _)| *name != key);
        self.entries.push((key, value));
        Ok(())
    }

    /// Removes all values of `key`.
    pub fn remove(&mut self, key: &str) {
        let key = key.to_ascii_lowercase();
        self.entries.retain(|(name, _)| *name != key);
    }

    /// Adds all of `other`'s values to these.
    pub fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// Adds a value that a peer sent: checked by the transport, and reserved keys may pass.
    pub(crate) fn push_received(&mut self, key: String, value: Bytes) {
        self.entries.push((Cow::Owned(key), value));
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be credentials, so a log shows the keys only.
        f.debug_set().entries(self.entries.iter().map(|(key, _)| key)).finish()
    }
}

fn lowered(key: Cow<'static, str>) -> Cow<'static, str> {
    if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(key.to_ascii_lowercase())
    } else {
        key
    }
}

fn check_key(key: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if key.is_empty() || !key.bytes().all(allowed) {
        return Err(Error::invalid_argument(format!(
            "metadata key {key:?} must be made of letters, digits, '-', '_' and '.'"
        )));
    }
    if is_reserved(key) {
        return Err(Error::invalid_argument(format!(
            "metadata key {key:?} belongs to the protocol; use a name of your own"
        )));
    }
    Ok(())
}

fn check_value(key: &str, value: &[u8]) -> Result<()> {
    let printable = |byte: &u8| (0x20..=0x7e).contains(byte);
    if key.ends_with("-bin") || value.iter().all(printable) {
        return Ok(());
    }
    Err(Error::invalid_argument(format!(
        "the value of metadata key {key:?} must be printable ASCII; a key that ends in \"-bin\" takes any bytes"
    )))
}

/// Whether `key` is one that protocols write and read themselves, so that users may not.
pub(crate) fn is_reserved(key: &str) -> bool {
    const NAMES: [&str; 12] = [
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    NAMES.contains(&key) || key.starts_with("grpc-") || key.starts_with("connect-")
}

/// A transport's own form of received headers, turned into [`Metadata`] only when somebody looks.
pub trait MetadataSource: Send + Sync + fmt::Debug {
    /// Reads all entries that are the users', none that are the protocol's.
    fn read(&self) -> Metadata;
}

/// Received metadata that is decoded on first use; most calls never look.
#[derive(Debug, Default)]
pub struct LazyMetadata {
    source: Option<Box<dyn MetadataSource>>,
    read: OnceLock<Metadata>,
}

impl LazyMetadata {
    /// Metadata that `source` will give when asked.
    #[must_use]
    pub fn new(source: Box<dyn MetadataSource>) -> Self {
        Self { source: Some(source), read: OnceLock::new() }
    }

    /// The entries.
    #[must_use]
    pub fn get(&self) -> &Metadata {
        static EMPTY: Metadata = Metadata::new();
        match &self.source {
            None => self.read.get().unwrap_or(&EMPTY),
            Some(source) => self.read.get_or_init(|| source.read()),
        }
    }
}

impl From<Metadata> for LazyMetadata {
    fn from(metadata: Metadata) -> Self {
        Self { source: None, read: OnceLock::from(metadata) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_lowered_and_keep_all_their_values() {
        let mut metadata = Metadata::new();
        metadata.append("X-Trace", "a").unwrap();
        metadata.append("x-trace", "b").unwrap();
        assert_eq!(metadata.get_all("X-TRACE").collect::<Vec<_>>(), ["a", "b"]);
        metadata.insert("x-trace", "c").unwrap();
        assert_eq!(metadata.len(), 1);
    }

    #[test]
    fn text_keys_refuse_what_no_header_can_carry() {
        let mut metadata = Metadata::new();
        assert!(metadata.append("x", "line\nbreak").is_err());
        assert!(metadata.append("x-bin", vec![0, 255]).is_ok());
        assert!(metadata.append("a b", "v").is_err());
        assert!(metadata.append("Content-Type", "v").is_err());
    }

    #[test]
    fn debug_hides_the_values() {
        let mut metadata = Metadata::new();
        metadata.append("authorization", "secret").unwrap();
        assert_eq!(format!("{metadata:?}"), r#"{"authorization"}"#);
    }
}
