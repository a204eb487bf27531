//! Call: find a node, send, and try another where that is safe.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::codec::{Codec, Protobuf};
use crate::dispatch::Dispatch;
use crate::driver::{Driver, Drivers};
use crate::environment::{Choice, Environment};
use crate::error::Result;
use crate::middleware::{Chain, Invocation, Next, Reply};
use crate::registry::{LocalRegistry, Registry};
use crate::selector::{Filter, Random, Selector};
use crate::server::Router;
use crate::transport::memory::MemoryConnection;
use crate::transport::{Connection, HttpTransport, Limits, Transport};

mod attempt;
mod call;
mod directory;
mod node;
mod request;
mod retry;

pub(crate) use attempt::Answered;
pub use call::{Call, Full, Plain, Request, Response};

use directory::Directory;
use retry::Budget;

/// Calls services by name; cheap to clone, and all clones share connections.
///
/// Works with and without a [`Service`](crate::Service). Generated clients are made from one:
/// `GreeterClient::new("greeter", client)`.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    way: Way,
    settings: Settings,
    budget: Budget,
    clock: Arc<Clock>,
}

/// How calls find the other side.
enum Way {
    /// Through a registry, a selector and a transport.
    Discovery {
        registry: Arc<dyn Registry>,
        transport: Arc<dyn Transport>,
        selector: Arc<dyn Selector>,
        directories: Mutex<HashMap<Arc<str>, Arc<Directory>>>,
    },
    /// Straight to a handler in this process.
    Direct(Arc<dyn Connection>),
}

/// What holds for every call unless the call says otherwise.
#[derive(Clone, Debug)]
struct Settings {
    codec: Arc<dyn Codec>,
    timeout: Duration,
    retries: u32,
    limits: Limits,
    filter: Option<Filter>,
    forward: Arc<[String]>,
    chain: Chain,
}

impl Client {
    /// A client to be configured.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client whose calls go straight to a handler in this process, through the codec: a test double.
    #[must_use]
    pub fn in_process(service: impl Dispatch) -> Self {
        let router = Router::of(service);
        let connection = Arc::new(MemoryConnection::new(Arc::new(router)));
        Self::with_way(Way::Direct(connection), Settings::default())
    }

    fn with_way(way: Way, settings: Settings) -> Self {
        let (budget, clock) = (Budget::default(), Arc::default());
        Self(Arc::new(Inner { way, settings, budget, clock }))
    }

    /// The registry and the transport, which a service shares with its client.
    ///
    /// # Panics
    /// For a client that calls a handler in this process, which no builder makes.
    pub(crate) fn back_ends(&self) -> (Arc<dyn Registry>, Arc<dyn Transport>) {
        match &self.0.way {
            Way::Discovery { registry, transport, .. } => {
                (Arc::clone(registry), Arc::clone(transport))
            }
            Way::Direct(_) => unreachable!("a builder's client has a registry"),
        }
    }

    /// The nodes of a service, watched from the first call on; `None` for a direct client.
    fn directory(&self, service: &Arc<str>) -> Option<Arc<Directory>> {
        let Way::Discovery { registry, transport, selector, directories } = &self.0.way else {
            return None;
        };
        let mut directories = directories.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = directories.entry(Arc::clone(service)).or_insert_with(|| {
            let (registry, transport) = (Arc::clone(registry), Arc::clone(transport));
            Arc::new(Directory::new(Arc::clone(service), registry, transport, Arc::clone(selector)))
        });
        Some(Arc::clone(directory))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.way {
            Way::Discovery { registry, transport, selector, .. } => f
                .debug_struct("Client")
                .field("registry", &registry.describe())
                .field("transport", &transport.name())
                .field("selector", &selector.name())
                .finish_non_exhaustive(),
            Way::Direct(_) => f.write_str("Client(in process)"),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let forward = ["traceparent", "tracestate", "baggage"].map(str::to_owned);
        Self {
            codec: Arc::new(Protobuf),
            timeout: Duration::from_secs(5),
            retries: 2,
            limits: Limits::default(),
            filter: None,
            forward: Arc::new(forward),
            chain: Chain::default(),
        }
    }
}

/// What a [`Client`] is made of: objects in code go before the [environment](Environment), which goes
/// before URLs and values in code.
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    registry: Choice<dyn Registry>,
    transport: Choice<dyn Transport>,
    selector: Choice<dyn Selector>,
    settings: Settings,
    environment: Option<Environment>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            registry: Choice::new(Drivers::registries()),
            transport: Choice::new(Drivers::transports()),
            selector: Choice::new(Drivers::selectors()),
            settings: Settings::default(),
            environment: None,
        }
    }
}

impl ClientBuilder {
    /// Where services are found; the local registry if not set.
    pub fn registry(mut self, registry: Arc<dyn Registry>) -> Self {
        self.registry.object = Some(registry);
        self
    }

    /// Where services are found, by URL, such as `consul://127.0.0.1:8500`.
    pub fn registry_url(mut self, url: impl Into<String>) -> Self {
        self.registry.url = Some(url.into());
        self
    }

    /// Knows one more kind of registry by its URLs' scheme.
    pub fn registry_driver(mut self, driver: Driver<dyn Registry>) -> Self {
        self.registry.add_driver(driver);
        self
    }

    /// How calls travel; HTTP if not set.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport.object = Some(transport);
        self
    }

    /// How calls travel, by URL.
    pub fn transport_url(mut self, url: impl Into<String>) -> Self {
        self.transport.url = Some(url.into());
        self
    }

    /// Knows one more kind of transport by its URLs' scheme.
    pub fn transport_driver(mut self, driver: Driver<dyn Transport>) -> Self {
        self.transport.add_driver(driver);
        self
    }

    /// Whom to ask; a random node if not set.
    pub fn selector(mut self, selector: Arc<dyn Selector>) -> Self {
        self.selector.object = Some(selector);
        self
    }

    /// Whom to ask, by name, such as `round_robin`.
    pub fn selector_url(mut self, url: impl Into<String>) -> Self {
        self.selector.url = Some(url.into());
        self
    }

    /// Knows one more selector by its name.
    pub fn selector_driver(mut self, driver: Driver<dyn Selector>) -> Self {
        self.selector.add_driver(driver);
        self
    }

    /// Settings from outside; the `MICRO_…` variables of the process if not set.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Only nodes that a filter lets through; calls may narrow them further.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.settings.filter = Some(filter);
        self
    }

    /// How messages are encoded; protobuf if not set.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.settings.codec = Arc::new(codec);
        self
    }

    /// The time that a unary call may take, and a stream until its first answer; 5 s if not set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// How often a call that may be sent twice is sent again after it was lost; 2 times if not set.
    ///
    /// A call that was never sent goes to another node in any case.
    pub fn retries(mut self, retries: u32) -> Self {
        self.settings.retries = retries;
        self
    }

    /// The sizes taken and sent.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// The metadata keys that calls made while handling another pass on from it.
    ///
    /// Replaces `traceparent`, `tracestate` and `baggage`.
    pub fn forward<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        let keys = keys.into_iter().map(|key| key.into().to_ascii_lowercase());
        self.settings.forward = keys.collect();
        self
    }

    /// Runs one more async function around every call, inside those that were added before.
    pub fn middleware<F, Fut>(mut self, middleware: F) -> Self
    where
        F: Fn(Invocation, Next) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.settings.chain = self.settings.chain.with(middleware);
        self
    }

    /// The client.
    ///
    /// # Errors
    /// `invalid_argument` if a URL or a variable of the environment makes no sense.
    pub fn build(self) -> Result<Client> {
        let environment = self.environment.unwrap_or_else(Environment::of_process);
        let mut settings = self.settings;
        if let Some(timeout) = environment.duration("MICRO_CLIENT_REQUEST_TIMEOUT")? {
            settings.timeout = timeout;
        }
        if let Some(retries) = environment.number("MICRO_CLIENT_RETRIES", "retries")? {
            settings.retries = retries;
        }
        let (registry, transport, selector) = (self.registry, self.transport, self.selector);
        let way = Way::Discovery {
            registry: registry.resolve(&environment, "MICRO_REGISTRY", default_registry)?,
            transport: transport.resolve(&environment, "MICRO_TRANSPORT", default_transport)?,
            selector: selector.resolve(&environment, "MICRO_SELECTOR", || Arc::new(Random))?,
            directories: Mutex::default(),
        };
        Ok(Client::with_way(way, settings))
    }
}

/// The registry that needs nothing but a folder.
fn default_registry() -> Arc<dyn Registry> {
    Arc::new(LocalRegistry::of_user())
}

/// gRPC over HTTP/2.
fn default_transport() -> Arc<dyn Transport> {
    Arc::new(HttpTransport::default())
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// A client and the name of the service that it is to call: what generated clients are made of.
#[derive(Clone, Debug)]
pub struct Target {
    client: Client,
    service: Arc<str>,
    directory: Option<Arc<Directory>>,
}

impl Target {
    /// A service to call; its nodes are watched from now on.
    #[must_use]
    pub fn new(service: impl Into<String>, client: Client) -> Self {
        let service = Arc::from(service.into());
        let directory = client.directory(&service);
        Self { client, service, directory }
    }
}
