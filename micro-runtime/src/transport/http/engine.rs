//! What moves exchanges over a socket: hyper now, an engine of our own later.

use std::fmt;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::exchange::{Exchange, Request, Response};
use super::network::Socket;
use crate::BoxFuture;
use crate::error::Result;

mod hyper;

pub use hyper::HyperEngine;

/// Speaks HTTP over sockets, on both sides, and knows nothing of the protocols above.
pub trait Engine: fmt::Debug + Send + Sync + 'static {
    /// Serves one connection until it ends.
    ///
    /// After `drain` is cancelled it takes no new requests, tells the peer so, and ends when those at
    /// work have. Dropping the future ends the connection and all its exchanges.
    fn serve(
        &self,
        socket: Socket,
        exchange: Arc<dyn Exchange>,
        drain: CancellationToken,
    ) -> BoxFuture<()>;

    /// Makes a connection for requests out of a socket; `authority` is whom they are for.
    ///
    /// # Errors
    /// `unavailable` if the peer does not speak HTTP/2.
    fn connect(&self, socket: Socket, authority: &str) -> BoxFuture<Result<Arc<dyn HttpClient>>>;
}

/// A connection that requests go out on, any number at once; dropping it closes it when they end.
pub trait HttpClient: fmt::Debug + Send + Sync + 'static {
    /// Sends a request; resolves with the response's head. Dropping the future, or the response's
    /// body, cancels the exchange.
    ///
    /// # Errors
    /// One whose [`reach`](crate::Error::reach) says whether the request was sent.
    fn send(&self, request: Request) -> BoxFuture<Result<Response>>;

    /// Whether it takes new requests.
    fn is_open(&self) -> bool;
}
