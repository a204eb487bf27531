//! A service: handlers behind a server, registered, with a client of its own, stopped in order.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::BoxFuture;
use crate::address::Address;
use crate::broker::{Broker, Subscriber};
use crate::client::{Client, ClientBuilder};
use crate::codec::Codec;
use crate::dispatch::Dispatch;
use crate::driver::Driver;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::health::Readiness;
use crate::middleware::{Invocation, Next, Reply};
use crate::registry::{Node, Registry};
use crate::selector::Selector;
use crate::server::{Server, ServerBuilder};
use crate::transport::{Limits, Transport};

mod advertise;
mod builder;
mod running;
mod signals;

pub(crate) use advertise::{advertised, default_listen};
pub use builder::ServiceBuilder;
pub use running::{Phase, Running};

/// A service that has everything it needs and does not run yet.
///
/// ```no_run
/// # async fn serve(greeter: impl micro_runtime::codegen::Dispatch) -> micro_runtime::Result<()> {
/// use micro_runtime::Service;
///
/// Service::builder("greeter").handle(greeter).run().await
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a service does nothing until it is run"]
pub struct Service {
    plan: Plan,
    server: ServerBuilder,
    client: Client,
}

/// What a service is, and how it starts and stops.
struct Plan {
    name: String,
    version: String,
    id: String,
    listen: Option<Address>,
    advertise: Option<Address>,
    labels: Vec<(String, String)>,
    ttl: Duration,
    registry: Arc<dyn Registry>,
    transport: Arc<dyn Transport>,
    broker: Arc<dyn Broker>,
    subscribers: Vec<Subscriber>,
    stop: Stop,
    on_start: Vec<Hook>,
    on_stop: Vec<Hook>,
}

/// The time limits of a stop.
#[derive(Clone, Copy, Debug)]
struct Stop {
    withdraw: Duration,
    grace: Duration,
    drain: Duration,
    hooks: Duration,
}

/// Something to do when a service starts or stops.
type Hook = Box<dyn FnOnce() -> BoxFuture<Result<()>> + Send + Sync>;

impl Service {
    /// A service to be configured; `name` is what callers ask the registry for.
    pub fn builder(name: impl Into<String>) -> ServiceBuilder {
        ServiceBuilder::new(name.into())
    }

    /// The name in the registry.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.plan.name
    }

    /// The node's id: the name, and what tells this node from the others.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.plan.id
    }

    /// A client with the service's registry, transport and selector, for calling others.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Whether the service should be called: a handler that needs the state holds a clone.
    #[must_use]
    pub fn readiness(&self) -> &Readiness {
        &self.server.readiness
    }

    /// Serves one more handler, such as one that needs the service's [`client`](Self::client).
    pub fn handle(mut self, service: impl Dispatch) -> Self {
        self.server = self.server.handle(service);
        self
    }

    /// Handles the messages of one more topic, with a handler that may need the service's
    /// [`client`](Self::client).
    pub fn subscribe(mut self, subscriber: Subscriber) -> Self {
        self.plan.subscribers.push(subscriber);
        self
    }

    /// Listens, runs the start hooks, subscribes and registers.
    ///
    /// Dropping the future undoes what was done so far.
    ///
    /// # Errors
    /// If the address cannot be listened on, a hook fails, a topic cannot be subscribed to, or the registry
    /// does not take the node.
    pub async fn start(self) -> Result<Running> {
        Running::start(self.plan, self.server).await
    }

    /// Runs until the process is told to stop by Ctrl-C or SIGTERM, then stops in order.
    ///
    /// A second signal ends all calls at once. Dropping the future ends the service the same way.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn run(self) -> Result<()> {
        self.run_until(std::future::pending()).await
    }

    /// Runs until `stop` is ready, or the process is told to stop, then stops in order.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<()> {
        let mut signals = signals::Signals::listen()?;
        let running = self.start().await?;
        tokio::select! {
            () = stop => {}
            () = signals.next() => tracing::info!("told to stop; a second signal ends all calls"),
        }
        tokio::select! {
            () = running.stop() => {}
            () = signals.next() => running.abort(),
        }
        Ok(())
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("name", &self.name)
            .field("version", &self.version)
            .field("id", &self.id)
            .field("registry", &self.registry.describe())
            .field("transport", &self.transport.name())
            .finish_non_exhaustive()
    }
}
