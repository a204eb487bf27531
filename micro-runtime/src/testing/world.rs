//! Services and clients that know nothing of the world outside.

use std::sync::Arc;

use crate::broker::{Broker, MemoryBroker};
use crate::client::{Client, ClientBuilder};
use crate::environment::Environment;
use crate::registry::{MemoryRegistry, Registry};
use crate::service::{Service, ServiceBuilder};
use crate::transport::{MemoryTransport, Transport};

/// Services and clients of one test: they find, call and tell each other in memory.
///
/// Clones are the same world, other values know nothing of it, so tests run side by side. No port is taken,
/// no folder used, and no `MICRO_…` variable read.
///
/// ```
/// use micro_runtime::testing::World;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro_runtime::Result<()> {
/// let world = World::new();
/// let running = world.service("greeter").id("1").build()?.start().await?;
/// assert_eq!(running.node().id, "greeter-1");
/// assert_eq!(world.registry().list().await?, ["greeter"]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct World {
    registry: Arc<dyn Registry>,
    transport: Arc<dyn Transport>,
    broker: Arc<dyn Broker>,
}

impl World {
    /// A world without services.
    #[must_use]
    pub fn new() -> Self {
        Self {
            registry: Arc::new(MemoryRegistry::new()),
            transport: Arc::new(MemoryTransport::new()),
            broker: Arc::new(MemoryBroker::new()),
        }
    }

    /// The same world with another transport, such as the real one on free ports of the loopback interface.
    #[must_use]
    pub fn with_transport(mut self, transport: impl Transport) -> Self {
        self.transport = Arc::new(transport);
        self
    }

    /// The same world with another broker.
    #[must_use]
    pub fn with_broker(mut self, broker: impl Broker) -> Self {
        self.broker = Arc::new(broker);
        self
    }

    /// A service of this world, to be configured further.
    pub fn service(&self, name: impl Into<String>) -> ServiceBuilder {
        let builder = Service::builder(name).environment(Environment::empty());
        builder.registry(self.registry()).transport(self.transport()).broker(self.broker())
    }

    /// A client of this world, to be configured further.
    pub fn client(&self) -> ClientBuilder {
        let builder = Client::builder().environment(Environment::empty());
        builder.registry(self.registry()).transport(self.transport()).broker(self.broker())
    }

    /// Where its services are found.
    #[must_use]
    pub fn registry(&self) -> Arc<dyn Registry> {
        Arc::clone(&self.registry)
    }

    /// How they are called.
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.transport)
    }

    /// How they publish and are told.
    #[must_use]
    pub fn broker(&self) -> Arc<dyn Broker> {
        Arc::clone(&self.broker)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}
