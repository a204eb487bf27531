//! The echo service on micro: its generated client and server, its public API.

use std::sync::Arc;

use micro_runtime::registry::FixedRegistry;
use micro_runtime::{Address, Client, Context, Result, Server};

mod generated {
    micro_runtime::include_micro!();
}
use generated::bench::v1::{EchoClient, EchoHandler, EchoMessage, EchoServer};

struct Echo;

impl EchoHandler for Echo {
    async fn unary(&self, _: Context, request: EchoMessage) -> Result<EchoMessage> {
        Ok(request)
    }
}

/// A server on a free port.
pub async fn serve() -> (String, Server) {
    let server = Server::builder().handle(EchoServer::new(Echo)).start().await.expect("a free port");
    (server.address().to_string(), server)
}

/// A caller of one address: one connection.
#[derive(Clone)]
pub struct Caller(EchoClient);

impl Caller {
    /// A caller of the server at an address.
    pub fn new(address: &str) -> Self {
        let address: Address = address.parse().expect("the server printed its address");
        let registry = Arc::new(FixedRegistry::new().any_other(vec![address]));
        let client = Client::builder().registry(registry).build().expect("a client");
        Self(EchoClient::new("bench", client))
    }

    /// One call; the length of what came back.
    pub async fn call(&self, payload: Vec<u8>) -> usize {
        self.0.unary(EchoMessage { payload }).await.expect("an echo").payload.len()
    }
}
