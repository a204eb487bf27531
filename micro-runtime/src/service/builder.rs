//! What a service is made of.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Address, Broker, Client, ClientBuilder, Codec, Dispatch, Driver, Environment, Error, Hook,
    Invocation, Limits, Next, Plan, Readiness, Registry, Reply, Result, Selector, ServerBuilder,
    Service, Stop, Subscriber, Transport,
};
use crate::server::Server;

/// What a [`Service`] is made of: objects in code go before the [environment](Environment), which goes
/// before URLs and values in code.
#[must_use = "a builder does nothing until it is built or run"]
pub struct ServiceBuilder {
    name: String,
    version: String,
    id: Option<String>,
    listen: Option<Address>,
    advertise: Option<Address>,
    labels: Vec<(String, String)>,
    environment: Option<Environment>,
    server: ServerBuilder,
    client: ClientBuilder,
    subscribers: Vec<Subscriber>,
    stop: Stop,
    on_start: Vec<Hook>,
    on_stop: Vec<Hook>,
}

impl ServiceBuilder {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            version: String::new(),
            id: None,
            listen: None,
            advertise: None,
            labels: Vec::new(),
            environment: None,
            server: Server::builder(),
            client: Client::builder(),
            subscribers: Vec::new(),
            stop: Stop::default(),
            on_start: Vec::new(),
            on_stop: Vec::new(),
        }
    }

    /// The version, which callers may filter by.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// What tells this node from the others, behind the service's name; random if not set.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Where to listen.
    ///
    /// If not set, a free port: on the loopback interface with a registry of this machine, on all
    /// interfaces with one of the network.
    pub fn listen(mut self, address: Address) -> Self {
        self.listen = Some(address);
        self
    }

    /// The address to tell others, where it is not the one to listen at.
    pub fn advertise(mut self, address: Address) -> Self {
        self.advertise = Some(address);
        self
    }

    /// Adds a label to the node, such as its `zone`, which callers may filter by.
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// Where the service is announced and others are found; the local registry if not set.
    pub fn registry(mut self, registry: Arc<dyn Registry>) -> Self {
        self.client = self.client.registry(registry);
        self
    }

    /// The registry by URL, such as `consul://127.0.0.1:8500`.
    pub fn registry_url(mut self, url: impl Into<String>) -> Self {
        self.client = self.client.registry_url(url);
        self
    }

    /// Knows one more kind of registry by its URLs' scheme.
    pub fn registry_driver(mut self, driver: Driver<dyn Registry>) -> Self {
        self.client = self.client.registry_driver(driver);
        self
    }

    /// How calls travel, in and out; HTTP if not set.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.client = self.client.transport(transport);
        self
    }

    /// The transport by URL.
    pub fn transport_url(mut self, url: impl Into<String>) -> Self {
        self.client = self.client.transport_url(url);
        self
    }

    /// Knows one more kind of transport by its URLs' scheme.
    pub fn transport_driver(mut self, driver: Driver<dyn Transport>) -> Self {
        self.client = self.client.transport_driver(driver);
        self
    }

    /// Whom the service's own client asks; a random node if not set.
    pub fn selector(mut self, selector: Arc<dyn Selector>) -> Self {
        self.client = self.client.selector(selector);
        self
    }

    /// The selector by name, such as `round_robin`.
    pub fn selector_url(mut self, url: impl Into<String>) -> Self {
        self.client = self.client.selector_url(url);
        self
    }

    /// Knows one more selector by its name.
    pub fn selector_driver(mut self, driver: Driver<dyn Selector>) -> Self {
        self.client = self.client.selector_driver(driver);
        self
    }

    /// How messages are published and come in; straight from process to process if not set.
    pub fn broker(mut self, broker: Arc<dyn Broker>) -> Self {
        self.client = self.client.broker(broker);
        self
    }

    /// The broker by URL, such as `nats://127.0.0.1:4222`.
    pub fn broker_url(mut self, url: impl Into<String>) -> Self {
        self.client = self.client.broker_url(url);
        self
    }

    /// Knows one more kind of broker by its URLs' scheme.
    pub fn broker_driver(mut self, driver: Driver<dyn Broker>) -> Self {
        self.client = self.client.broker_driver(driver);
        self
    }

    /// Settings from outside; the `MICRO_…` variables of the process if not set.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Serves one more service: a generated `…Server` around a handler.
    pub fn handle(mut self, service: impl Dispatch) -> Self {
        self.server = self.server.handle(service);
        self
    }

    /// Handles the messages of one more topic.
    pub fn subscribe(mut self, subscriber: Subscriber) -> Self {
        self.subscribers.push(subscriber);
        self
    }

    /// The state that says whether the service should be called; one of its own if not set.
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.server = self.server.readiness(readiness);
        self
    }

    /// Answers no probes: neither `grpc.health.v1` nor `/livez` and `/readyz`.
    pub fn without_health(mut self) -> Self {
        self.server = self.server.without_health();
        self
    }

    /// Does not tell tools what can be called here.
    pub fn without_reflection(mut self) -> Self {
        self.server = self.server.without_reflection();
        self
    }

    /// Speaks one more codec as a server.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.server = self.server.codec(codec);
        self
    }

    /// The sizes taken and sent, as a server and as a client.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.server = self.server.limits(limits);
        self.client = self.client.limits(limits);
        self
    }

    /// Runs one more async function around every call that comes in, inside those added before.
    pub fn middleware<F, Fut>(mut self, middleware: F) -> Self
    where
        F: Fn(Invocation, Next) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.server = self.server.middleware(middleware);
        self
    }

    /// Changes the service's own client: its timeout, retries, middleware and so on.
    ///
    /// A registry or transport that is set here is the service's too.
    pub fn client(mut self, change: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Self {
        self.client = change(self.client);
        self
    }

    /// Does something before the service is registered; an error keeps it from starting.
    pub fn on_start<Fut>(mut self, hook: impl FnOnce() -> Fut + Send + Sync + 'static) -> Self
    where
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.on_start.push(Box::new(|| Box::pin(hook())));
        self
    }

    /// Does something after the last call has ended, within 5 s; an error is logged.
    pub fn on_stop<Fut>(mut self, hook: impl FnOnce() -> Fut + Send + Sync + 'static) -> Self
    where
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.on_stop.push(Box::new(|| Box::pin(hook())));
        self
    }

    /// How long a stopping service still takes calls after it was withdrawn; 600 ms if not set.
    ///
    /// Callers learn in that time that it is going: the local registry tells them within 500 ms.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.stop.grace = grace;
        self
    }

    /// How long a stopping service waits for calls at work before it ends them; 20 s if not set.
    pub fn drain(mut self, limit: Duration) -> Self {
        self.stop.drain = limit;
        self
    }

    /// The service.
    ///
    /// # Errors
    /// `invalid_argument` if the name is empty, or a URL or a variable of the environment makes no sense.
    pub fn build(self) -> Result<Service> {
        let environment = self.environment.unwrap_or_else(Environment::of_process);
        let text = |variable| environment.text(variable).map(str::to_owned);
        let name = text("MICRO_SERVER_NAME").unwrap_or(self.name);
        if name.is_empty() {
            return Err(Error::invalid_argument(
                "a service needs a name that callers can ask for: give Service::builder one, or set MICRO_SERVER_NAME",
            ));
        }
        let client = self.client.environment(environment.clone()).build()?;
        let (registry, transport) = client.back_ends();
        let random = || format!("{:08x}", fastrand::u32(..));
        let ttl = environment.number("MICRO_REGISTER_TTL", "seconds")?.map_or(60, |ttl| ttl.max(1));
        let mut labels = self.labels;
        labels.extend(environment.pairs("MICRO_SERVER_METADATA")?);
        let plan = Plan {
            id: format!("{name}-{}", text("MICRO_SERVER_ID").or(self.id).unwrap_or_else(random)),
            name,
            version: text("MICRO_SERVER_VERSION").unwrap_or(self.version),
            listen: environment.address("MICRO_SERVER_ADDRESS")?.or(self.listen),
            advertise: environment.address("MICRO_SERVER_ADVERTISE")?.or(self.advertise),
            labels,
            ttl: Duration::from_secs(ttl.into()),
            registry,
            transport,
            broker: client.broker(),
            subscribers: self.subscribers,
            stop: self.stop,
            on_start: self.on_start,
            on_stop: self.on_stop,
        };
        Ok(Service { plan, server: self.server, client })
    }

    /// Builds the service and [runs](Service::run) it until the process is told to stop.
    ///
    /// # Errors
    /// As [`build`](Self::build) and [`Service::run`].
    pub async fn run(self) -> Result<()> {
        self.build()?.run().await
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            withdraw: Duration::from_secs(2),
            grace: Duration::from_millis(600),
            drain: Duration::from_secs(20),
            hooks: Duration::from_secs(5),
        }
    }
}

impl fmt::Debug for ServiceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}
