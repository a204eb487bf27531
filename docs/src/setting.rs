//! What examples take for granted.

use std::sync::Arc;

use micro_runtime::registry::Registry;
use micro_runtime::service::Running;
use micro_runtime::testing::World;
use micro_runtime::transport::Transport;
use micro_runtime::{Client, Result};

use crate::English;
use crate::greeter::v1::{GreeterClient, GreeterServer, HelloRequest};

/// A greeter that runs in memory, and what is needed to find and call it.
#[derive(Debug)]
pub struct Setting {
    world: World,
    client: Client,
    _node: Running,
}

impl Setting {
    /// Starts `greeter-1`, version 1.2.0, in zone `eu`.
    ///
    /// Dropping the future leaves nothing behind.
    ///
    /// # Errors
    /// If the node cannot be started, which in memory it can.
    pub async fn start() -> Result<Self> {
        let world = World::new();
        let service = world.service("greeter").id("1").version("1.2.0").label("zone", "eu");
        let service = service.handle(GreeterServer::new(English)).build()?;
        let client = service.client();
        Ok(Self { world, client, _node: service.start().await? })
    }

    /// Where the node is announced.
    #[must_use]
    pub fn registry(&self) -> Arc<dyn Registry> {
        self.world.registry()
    }

    /// How it is called.
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        self.world.transport()
    }

    /// A client that finds it.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The same for its methods.
    #[must_use]
    pub fn greeter(&self) -> GreeterClient {
        GreeterClient::new("greeter", self.client())
    }

    /// A request to greet Ann.
    #[must_use]
    pub fn request(&self) -> HelloRequest {
        HelloRequest { name: "Ann".to_owned(), ..HelloRequest::default() }
    }
}
