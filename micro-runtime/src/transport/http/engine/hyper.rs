//! hyper as the engine: its server, and for clients the HTTP/2 implementation below its own client.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::super::exchange::Exchange;
use super::super::network::Socket;
use super::{Engine, HttpClient};
use crate::BoxFuture;
use crate::error::Result;

mod body;
mod client;
mod failure;
mod io;
mod opening;
mod server;

/// Flow-control windows: large enough that 64 calls of 16 KiB never wait for an update.
///
/// A server also ends connections on which small frames wait that would fill half of its window, so the
/// connection's is much larger than a stream's: one slow handler must not cost the others their calls.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

/// HTTP/2 and HTTP/1.1 by hyper, with writes collected until a connection has nothing more to say.
///
/// A server tells the two by a connection's first bytes; clients speak HTTP/2.
#[derive(Clone, Copy, Debug, Default)]
pub struct HyperEngine;

impl Engine for HyperEngine {
    fn serve(
        &self,
        socket: Socket,
        exchange: Arc<dyn Exchange>,
        drain: CancellationToken,
    ) -> BoxFuture<()> {
        Box::pin(server::serve(socket, exchange, drain))
    }

    fn connect(&self, socket: Socket, authority: &str) -> BoxFuture<Result<Arc<dyn HttpClient>>> {
        Box::pin(client::connect(socket, authority.to_owned()))
    }
}
