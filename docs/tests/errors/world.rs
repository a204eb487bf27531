//! Nodes on sockets, which find each other in memory.

use guide::English;
use guide::greeter::v1::{GreeterClient, GreeterHandler, GreeterServer, HelloRequest};
use micro_runtime::client::{Call, ClientBuilder, Target};
use micro_runtime::descriptor::{Idempotency, Kind, Method};
use micro_runtime::service::{Running, ServiceBuilder};
use micro_runtime::testing;
use micro_runtime::transport::HttpTransport;
use micro_runtime::{Client, Environment, Streaming};
use tokio::net::TcpListener;

pub(crate) struct World(testing::World);

impl World {
    pub(crate) fn new() -> Self {
        Self(testing::World::new().with_transport(HttpTransport::default()))
    }

    /// A world with one node.
    pub(crate) async fn with_node() -> (Self, Running) {
        let world = Self::new();
        let node = world.node(English).await;
        (world, node)
    }

    pub(crate) fn service(&self) -> ServiceBuilder {
        self.0.service("greeter").id("1").version("1.2.0").label("zone", "eu")
    }

    /// A node with a handler of the greeter.
    pub(crate) async fn node(&self, handler: impl GreeterHandler) -> Running {
        let service = self.service().handle(GreeterServer::new(handler)).build().unwrap();
        service.start().await.unwrap()
    }

    pub(crate) fn client(&self) -> ClientBuilder {
        self.0.client()
    }

    pub(crate) fn greeter(&self) -> GreeterClient {
        GreeterClient::new("greeter", self.client().build().unwrap())
    }

    /// A call of a method that is chosen here, not by generated code.
    pub(crate) fn call(&self, kind: Kind, service: &str, method: &str) -> Call<HelloRequest> {
        let method = Method::named(kind, service, method, Idempotency::Unknown);
        let target = Target::new("greeter", self.client().build().unwrap());
        match kind {
            Kind::ClientStream => {
                let twice = Streaming::from_items([hello(), hello()]);
                Call::client_stream::<HelloRequest>(&target, method, twice)
            }
            _ => Call::<HelloRequest>::unary(&target, method, hello()),
        }
    }
}

/// A client that the variables of this process do not reach.
pub(crate) fn client() -> ClientBuilder {
    Client::builder().environment(Environment::empty())
}

/// A request that is fine.
pub(crate) fn hello() -> HelloRequest {
    HelloRequest { name: "Ann".to_owned(), ..HelloRequest::default() }
}

/// A port at which nobody listens.
pub(crate) async fn unused_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}
