//! URL to back end, through a list that the application passes.

use std::fmt;
use std::sync::Arc;

use crate::broker::{Broker, HttpBroker, MemoryBroker};
use crate::error::{Error, Result};
use crate::registry::{FixedRegistry, LocalRegistry, MemoryRegistry, Registry};
use crate::selector::{Random, RoundRobin, Selector};
use crate::transport::{HttpTransport, MemoryTransport, Transport};

mod url;

pub use url::{Host, Url};

/// What opens back ends of one kind: `Driver<dyn Registry>` opens registries.
///
/// A crate with a back end offers its driver as a constant:
///
/// ```
/// use std::sync::Arc;
///
/// use micro_runtime::driver::{Driver, Drivers, Url};
/// use micro_runtime::registry::{MemoryRegistry, Registry};
/// use micro_runtime::Result;
///
/// pub const DRIVER: Driver<dyn Registry> = Driver::new(&["shelf", "shelves"], open);
///
/// fn open(url: &Url) -> Result<Arc<dyn Registry>> {
///     url.without_userinfo()?.without_path()?.with_settings(&["depth"])?;
///     let shelves = url.addresses(Some(7070))?;
///     assert_eq!(shelves[0].to_string(), "a:7070");
///     Ok(Arc::new(MemoryRegistry::new()))
/// }
///
/// let registry = Drivers::registries().with(DRIVER).open("shelf://a,b:7071?depth=3")?;
/// # Ok::<(), micro_runtime::Error>(())
/// ```
pub struct Driver<T: ?Sized> {
    schemes: &'static [&'static str],
    open: fn(&Url) -> Result<Arc<T>>,
}

impl<T: ?Sized> Driver<T> {
    /// A driver for URLs with one of these schemes, in lower case.
    ///
    /// `open` should not wait for the network: a back end connects when it is used.
    #[must_use]
    pub const fn new(schemes: &'static [&'static str], open: fn(&Url) -> Result<Arc<T>>) -> Self {
        Self { schemes, open }
    }

    /// The schemes; the first is the one to recommend.
    #[must_use]
    pub const fn schemes(&self) -> &'static [&'static str] {
        self.schemes
    }
}

/// A list of drivers for back ends of one kind.
///
/// ```
/// use micro_runtime::driver::Drivers;
///
/// let drivers = Drivers::registries();
/// assert_eq!(drivers.open("fixed://a:1,b:2")?.describe(), "fixed (2 addresses)");
/// // As with go-micro's MICRO_REGISTRY and MICRO_REGISTRY_ADDRESS:
/// assert_eq!(drivers.open_at("fixed", "a:1,b:2")?.describe(), "fixed (2 addresses)");
///
/// let error = drivers.open("konsul://a").unwrap_err();
/// assert!(error.message().contains("known are fixed, local, memory"));
/// # Ok::<(), micro_runtime::Error>(())
/// ```
pub struct Drivers<T: ?Sized> {
    kind: &'static str,
    list: Vec<Driver<T>>,
}

impl<T: ?Sized> Drivers<T> {
    /// An empty list; `kind` says in errors what it opens, such as `registry`.
    #[must_use]
    pub const fn new(kind: &'static str) -> Self {
        Self { kind, list: Vec::new() }
    }

    /// The same list with one more driver, which goes before others of the same scheme.
    #[must_use]
    pub fn with(mut self, driver: Driver<T>) -> Self {
        self.list.insert(0, driver);
        self
    }

    /// All schemes, sorted.
    #[must_use]
    pub fn schemes(&self) -> Vec<&'static str> {
        let mut all: Vec<_> = self.list.iter().flat_map(|driver| driver.schemes).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Opens the back end that a URL, or a scheme alone, stands for.
    ///
    /// # Errors
    /// `invalid_argument` if the URL is malformed, or has a scheme that is not in the list: the error
    /// lists those that are. Otherwise as the driver says. No error holds passwords.
    pub fn open(&self, url: &str) -> Result<Arc<T>> {
        self.open_url(&self.parse(url)?)
    }

    /// Opens a back end with a separate list of addresses, such as `a:1,b:2`; an empty one changes nothing.
    ///
    /// # Errors
    /// As [`open`](Self::open), and if both the URL and the list name addresses.
    pub fn open_at(&self, url: &str, addresses: &str) -> Result<Arc<T>> {
        let url = self.parse(url)?.at(addresses).map_err(|error| self.explain(&error))?;
        self.open_url(&url)
    }

    fn parse(&self, url: &str) -> Result<Url> {
        url.parse().map_err(|error| self.explain(&error))
    }

    fn open_url(&self, url: &Url) -> Result<Arc<T>> {
        let known = |driver: &&Driver<T>| driver.schemes.contains(&url.scheme());
        let driver = self.list.iter().find(known).ok_or_else(|| self.unknown(url))?;
        (driver.open)(url).map_err(|error| error.with_fact(self.kind, url.to_string()))
    }

    fn unknown(&self, url: &Url) -> Error {
        Error::invalid_argument(format!(
            "no {} is called {:?}: known are {}; others need their driver in the list",
            self.kind,
            url.scheme(),
            self.schemes().join(", ")
        ))
    }

    fn explain(&self, error: &Error) -> Error {
        let schemes = self.schemes().join(", ");
        Error::new(
            error.code(),
            format!("{} URL: {} (known schemes: {schemes})", self.kind, error.message()),
        )
    }
}

impl Drivers<dyn Registry> {
    /// The registries of this crate: `memory`, `fixed` and `local`.
    ///
    /// - `memory`: a registry of its own each time it is opened; pass an object to share one.
    /// - `fixed://a:1,b:2`: every service at these addresses. `fixed://?greeter=a:1,b:2&users=c:3`: the named
    ///   services at theirs. Both together: the hosts are for services that are not named.
    /// - `local`: the folder of the user. `local:///a/folder`: this one.
    #[must_use]
    pub fn registries() -> Self {
        const MEMORY: Driver<dyn Registry> = Driver::new(&["memory"], open_memory);
        const FIXED: Driver<dyn Registry> = Driver::new(&["fixed"], open_fixed);
        const LOCAL: Driver<dyn Registry> = Driver::new(&["local"], open_local);
        Self { kind: "registry", list: vec![MEMORY, FIXED, LOCAL] }
    }
}

impl Drivers<dyn Transport> {
    /// The transports of this crate: `http`, and `memory`, a transport of its own each time it is opened.
    #[must_use]
    pub fn transports() -> Self {
        const HTTP: Driver<dyn Transport> = Driver::new(&["http"], |url| {
            url.alone().map(|()| Arc::new(HttpTransport::default()) as _)
        });
        const MEMORY: Driver<dyn Transport> = Driver::new(&["memory"], |url| {
            url.alone().map(|()| Arc::new(MemoryTransport::new()) as _)
        });
        Self { kind: "transport", list: vec![HTTP, MEMORY] }
    }
}

impl Drivers<dyn Broker> {
    /// The brokers of this crate: `http`, and `memory`, a broker of its own each time it is opened.
    ///
    /// `http://127.0.0.1:8090` listens there for messages, as go-micro's `MICRO_BROKER_ADDRESS` has it.
    #[must_use]
    pub fn brokers() -> Self {
        const HTTP: Driver<dyn Broker> = Driver::new(&["http"], open_http_broker);
        const MEMORY: Driver<dyn Broker> = Driver::new(&["memory"], |url| {
            url.alone().map(|()| Arc::new(MemoryBroker::new()) as _)
        });
        Self { kind: "broker", list: vec![HTTP, MEMORY] }
    }
}

impl Drivers<dyn Selector> {
    /// The selectors of this crate: `random`, and `round_robin` or go-micro's `roundrobin`.
    #[must_use]
    pub fn selectors() -> Self {
        const RANDOM: Driver<dyn Selector> =
            Driver::new(&["random"], |url| url.alone().map(|()| Arc::new(Random) as _));
        const ROUND_ROBIN: Driver<dyn Selector> =
            Driver::new(&["round_robin", "roundrobin"], |url| {
                url.alone().map(|()| Arc::new(RoundRobin) as _)
            });
        Self { kind: "selector", list: vec![RANDOM, ROUND_ROBIN] }
    }
}

fn open_memory(url: &Url) -> Result<Arc<dyn Registry>> {
    url.alone()?;
    Ok(Arc::new(MemoryRegistry::new()))
}

fn open_fixed(url: &Url) -> Result<Arc<dyn Registry>> {
    url.without_userinfo()?.without_path()?;
    if url.hosts().is_empty() && url.settings().next().is_none() {
        return Err(Error::invalid_argument(
            "a fixed registry needs addresses: fixed://host:port,host:port",
        ));
    }
    let mut registry = FixedRegistry::new().any_other(url.addresses(None)?);
    for (service, list) in url.settings() {
        let addresses: Result<Vec<_>> = list.split(',').map(str::parse).collect();
        registry = registry.service(service, addresses?);
    }
    Ok(Arc::new(registry))
}

fn open_http_broker(url: &Url) -> Result<Arc<dyn Broker>> {
    url.without_userinfo()?.without_path()?.without_settings()?;
    let mut addresses = url.addresses(Some(0))?;
    if addresses.len() > 1 {
        return Err(Error::invalid_argument(
            "the http broker listens at one address, such as http://127.0.0.1:8090; others are found through the registry",
        ));
    }
    Ok(Arc::new(HttpBroker::unattached(addresses.pop())))
}

fn open_local(url: &Url) -> Result<Arc<dyn Registry>> {
    url.without_userinfo()?.without_settings()?;
    if !url.hosts().is_empty() {
        return Err(Error::invalid_argument(
            "a local registry has no addresses, it is a folder: local:///path/to/folder, with three slashes",
        ));
    }
    let registry = match url.path() {
        "" | "/" => LocalRegistry::of_user(),
        path => LocalRegistry::new(path),
    };
    Ok(Arc::new(registry))
}

impl<T: ?Sized> Clone for Driver<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Driver<T> {}

impl<T: ?Sized> Clone for Drivers<T> {
    fn clone(&self) -> Self {
        Self { kind: self.kind, list: self.list.clone() }
    }
}

impl<T: ?Sized> Extend<Driver<T>> for Drivers<T> {
    /// Adds drivers, each before those of the same scheme.
    fn extend<I: IntoIterator<Item = Driver<T>>>(&mut self, drivers: I) {
        drivers.into_iter().for_each(|driver| self.list.insert(0, driver));
    }
}

impl<T: ?Sized> fmt::Debug for Driver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Driver({})", self.schemes.join(", "))
    }
}

impl<T: ?Sized> fmt::Debug for Drivers<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Drivers({}: {})", self.kind, self.schemes().join(", "))
    }
}
