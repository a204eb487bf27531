//! Who is out there: nodes register themselves, callers watch a service.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::BoxFuture;
use crate::address::Address;
use crate::descriptor::{Kind, MethodDesc};
use crate::error::Result;

mod fixed;
mod local;
mod memory;

pub use fixed::FixedRegistry;
pub use local::LocalRegistry;
pub use memory::MemoryRegistry;

/// Where services are announced and found.
///
/// A back end proves itself with `micro_runtime::testing::registry`.
pub trait Registry: fmt::Debug + Send + Sync + 'static {
    /// What and where this registry is, for messages: `local (/run/user/1000/micro)`. No secrets.
    fn describe(&self) -> String;

    /// Whether nodes may be found from other machines; services listen on the loopback interface if not.
    fn is_networked(&self) -> bool {
        true
    }

    /// Announces a node until the lease is withdrawn or dropped, or its process dies.
    ///
    /// A node with the same service and id replaces the one before it.
    ///
    /// # Errors
    /// If the node could not be announced; what fails later is told through [`Lease::state`].
    fn register(&self, registration: Registration) -> BoxFuture<Result<Lease>>;

    /// The nodes of a service, now and from now on; asking again for the same service is cheap.
    ///
    /// The first snapshot may be [`loading`](Health::Loading). An outage keeps the last nodes and makes
    /// the snapshot [`stale`](Health::Stale). Dropping all receivers ends the watch.
    fn watch(&self, service: &str) -> watch::Receiver<Arc<Snapshot>>;

    /// The names of all services that have a node, sorted.
    ///
    /// # Errors
    /// If the registry cannot be asked.
    fn list(&self) -> BoxFuture<Result<Vec<String>>>;
}

/// What a node announces about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Registration {
    /// The service that the node is one of.
    pub service: String,
    /// The node.
    pub node: Node,
    /// How long the announcement outlives its last renewal, for registries that cannot see a process die.
    pub ttl: Duration,
}

impl Registration {
    /// A node of a service, with the default time to live of 60 s.
    pub fn new(service: impl Into<String>, node: Node) -> Self {
        Self { service: service.into(), node, ttl: Duration::from_secs(60) }
    }

    /// The same registration with another time to live.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }
}

/// One running copy of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Node {
    /// Unique among the nodes of the service, such as `greeter-5f0c`.
    pub id: String,
    /// Where it can be reached.
    pub address: Address,
    /// The version of the service; empty for none.
    #[serde(default)]
    pub version: String,
    /// Labels such as `zone`, for filters and people.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// What it can be called for.
    #[serde(default)]
    pub endpoints: Vec<Endpoint>,
}

impl Node {
    /// A node by its id and address.
    pub fn new(id: impl Into<String>, address: Address) -> Self {
        Self {
            id: id.into(),
            address,
            version: String::new(),
            metadata: BTreeMap::new(),
            endpoints: Vec::new(),
        }
    }

    /// The same node with a version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// The same node with one more label.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(name.into(), value.into());
        self
    }

    /// The same node with what it can be called for.
    #[must_use]
    pub fn endpoints(mut self, endpoints: Vec<Endpoint>) -> Self {
        self.endpoints = endpoints;
        self
    }
}

/// One method that a node answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Endpoint {
    /// go-micro's name, such as `Greeter.Hello`.
    pub name: String,
    /// gRPC's name, such as `/greeter.v1.Greeter/Hello`.
    pub path: String,
    /// The full name of the request message.
    pub request: String,
    /// The full name of the response message.
    pub response: String,
    /// Whether either side sends more than one message.
    pub stream: bool,
    /// What else there is to say, such as the HTTP rules.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

impl From<&MethodDesc> for Endpoint {
    fn from(method: &MethodDesc) -> Self {
        Self {
            name: method.endpoint().to_owned(),
            path: method.path().to_owned(),
            request: method.input().to_owned(),
            response: method.output().to_owned(),
            stream: method.kind() != Kind::Unary,
            metadata: BTreeMap::new(),
        }
    }
}

/// The nodes of one service at one moment, sorted by id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The service.
    pub service: String,
    /// Its nodes, sorted by id.
    pub nodes: Vec<Arc<Node>>,
    /// Whether the nodes can be trusted to be all and alive.
    pub health: Health,
}

/// How well a [`Snapshot`] is known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// The registry has not answered yet.
    Loading,
    /// The registry answered and tells of changes.
    Live,
    /// The registry is away: these were the last known nodes, and this is why.
    Stale(String),
}

impl Snapshot {
    /// No nodes yet: the registry was asked and did not answer so far.
    pub fn loading(service: impl Into<String>) -> Self {
        Self { service: service.into(), nodes: Vec::new(), health: Health::Loading }
    }

    /// The nodes of a service as the registry told them; they are sorted here.
    pub fn live(service: impl Into<String>, mut nodes: Vec<Arc<Node>>) -> Self {
        nodes.sort_by(|a, b| a.id.cmp(&b.id));
        Self { service: service.into(), nodes, health: Health::Live }
    }

    /// The same nodes, no longer confirmed by the registry.
    #[must_use]
    pub fn stale(&self, why: impl Into<String>) -> Self {
        Self { health: Health::Stale(why.into()), ..self.clone() }
    }
}

/// A node's announcement; it ends when it is withdrawn or dropped.
///
/// The registry renews it and announces the node again after a loss, without being asked.
#[must_use = "the node is withdrawn when the lease is dropped"]
pub struct Lease {
    state: watch::Receiver<LeaseState>,
    withdraw: Option<Withdraw>,
}

type Withdraw = Box<dyn FnOnce() -> BoxFuture<Result<()>> + Send + Sync>;

/// Whether an announcement stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeaseState {
    /// Callers can find the node.
    Held,
    /// They may not, for this reason; the registry keeps trying.
    Lost(String),
}

impl Lease {
    /// A lease for a registry's own use: its state, and what withdraws the node.
    ///
    /// `withdraw` is called once, by [`withdraw`](Self::withdraw) or on drop; a future that is not done
    /// at once is left to the runtime on drop.
    pub fn new(
        state: watch::Receiver<LeaseState>,
        withdraw: impl FnOnce() -> BoxFuture<Result<()>> + Send + Sync + 'static,
    ) -> Self {
        Self { state, withdraw: Some(Box::new(withdraw)) }
    }

    /// A lease that is never lost.
    pub fn held(withdraw: impl FnOnce() -> BoxFuture<Result<()>> + Send + Sync + 'static) -> Self {
        Self::new(watch::channel(LeaseState::Held).1, withdraw)
    }

    /// Whether the announcement stands, now and from now on.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<LeaseState> {
        self.state.clone()
    }

    /// Withdraws the node; when this returns, new watchers do not see it.
    ///
    /// Dropping the future leaves the rest of the work to the registry's time to live.
    ///
    /// # Errors
    /// If the registry cannot be told; its time to live ends the announcement then.
    pub async fn withdraw(mut self) -> Result<()> {
        match self.withdraw.take() {
            Some(withdraw) => withdraw().await,
            None => Ok(()),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(withdraw) = self.withdraw.take() else { return };
        let mut work = withdraw();
        let done = work.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
        if let (Poll::Pending, Ok(runtime)) = (done, tokio::runtime::Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("state", &*self.state.borrow()).finish()
    }
}
