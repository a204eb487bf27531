//! HTTP as a transport: an engine that moves exchanges, and protocols on it.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::BoxFuture;
use crate::address::Address;
use crate::error::{Error, Reach, Result};
use crate::transport::{Connection, Handle, Listener, Transport};

pub mod engine;
pub mod exchange;
pub mod network;

mod connect;
mod grpc;
mod metadata;
mod probes;
mod protocol;
mod work;

use engine::{Engine, HyperEngine};
use exchange::Exchange;
use network::{Acceptor, Network, Socket, SystemNetwork};
use protocol::Protocols;

/// HTTP in clear text, over TCP and Unix domain sockets.
///
/// A client speaks gRPC over HTTP/2. A server answers that and, on the same port, plain JSON: Connect's unary
/// calls over HTTP/1.1 or HTTP/2, as `curl` sends them.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    engine: Arc<dyn Engine>,
    network: Arc<dyn Network>,
    connect_timeout: Duration,
}

impl Default for HttpTransport {
    fn default() -> Self {
        Self {
            engine: Arc::new(HyperEngine),
            network: Arc::new(SystemNetwork),
            connect_timeout: Duration::from_secs(2),
        }
    }
}

impl HttpTransport {
    /// The same with another engine below the protocols.
    #[must_use]
    pub fn engine(mut self, engine: impl Engine) -> Self {
        self.engine = Arc::new(engine);
        self
    }

    /// The same with another way to listen and dial.
    #[must_use]
    pub fn network(mut self, network: impl Network) -> Self {
        self.network = Arc::new(network);
        self
    }

    /// The same with another time limit for connecting; 2 s if not set.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }
}

impl Transport for HttpTransport {
    fn name(&self) -> &str {
        "http"
    }

    fn dial(&self, address: Address) -> BoxFuture<Result<Arc<dyn Connection>>> {
        let this = self.clone();
        Box::pin(async move {
            let named = address.to_string();
            let dialled = async {
                let socket = this.network.dial(address.clone()).await.map_err(|error| {
                    let text = format!("cannot connect: {}", dial_advice(&error));
                    Error::unavailable(text).with_cause(error)
                })?;
                this.engine.connect(socket, &authority(&address)).await
            };
            let connection = match tokio::time::timeout(this.connect_timeout, dialled).await {
                Ok(result) => result,
                Err(_) => Err(Error::unavailable(format!(
                    "nobody answered within {:?}",
                    this.connect_timeout
                ))),
            };
            match connection {
                Ok(connection) => Ok(Arc::new(grpc::GrpcConnection::new(connection)) as Arc<_>),
                Err(error) => Err(error.with_reach(Reach::NotSent).with_fact("address", named)),
            }
        })
    }

    fn serve(
        &self,
        address: Address,
        handler: Arc<dyn Handle>,
    ) -> BoxFuture<Result<Arc<dyn Listener>>> {
        let this = self.clone();
        Box::pin(async move {
            let acceptor = this.network.listen(address.clone()).await.map_err(|error| {
                let text = format!("cannot listen on {address}: {}", listen_advice(&error));
                Error::unavailable(text).with_cause(error)
            })?;
            let listener = HttpListener::start(this.engine, acceptor, handler);
            Ok(Arc::new(listener) as Arc<dyn Listener>)
        })
    }
}

/// The `:authority` of requests to an address.
fn authority(address: &Address) -> String {
    match address {
        Address::Host { .. } => address.to_string(),
        Address::Unix(_) | Address::Name(_) => "localhost".to_owned(),
    }
}

fn dial_advice(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => {
            "nobody listens there; is the node running, and is it the right port?".to_owned()
        }
        _ => error.to_string(),
    }
}

fn listen_advice(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "another program has it; choose another port, or port 0 for a free one".to_owned()
        }
        std::io::ErrorKind::PermissionDenied => {
            "this user may not; choose a port above 1023, or port 0 for a free one".to_owned()
        }
        std::io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address; listen on one that it has, or on 0.0.0.0 for all of them".to_owned()
        }
        _ => error.to_string(),
    }
}

/// A listener whose tasks end when it is dropped.
struct HttpListener {
    address: Address,
    shared: Arc<Shared>,
}

/// What the accept loop, the connections and the listener share.
#[derive(Debug)]
struct Shared {
    engine: Arc<dyn Engine>,
    protocols: Arc<Protocols>,
    tasks: TaskTracker,
    drain: CancellationToken,
    abort: CancellationToken,
}

impl HttpListener {
    fn start(
        engine: Arc<dyn Engine>,
        acceptor: Box<dyn Acceptor>,
        handler: Arc<dyn Handle>,
    ) -> Self {
        let address = acceptor.address();
        let protocols = Arc::new(Protocols::new(handler));
        let shared = Arc::new(Shared {
            engine,
            protocols,
            tasks: TaskTracker::new(),
            drain: CancellationToken::new(),
            abort: CancellationToken::new(),
        });
        shared.tasks.spawn(Arc::clone(&shared).accept(acceptor));
        Self { address, shared }
    }
}

impl Shared {
    async fn accept(self: Arc<Self>, acceptor: Box<dyn Acceptor>) {
        loop {
            let accepted = tokio::select! {
                biased;
                () = self.abort.cancelled() => return,
                () = self.drain.cancelled() => break,
                accepted = poll_fn(|cx| acceptor.poll_accept(cx)) => accepted,
            };
            self.accepted(accepted).await;
        }
        // Connections that wait in the queue were made while the server still took calls.
        let waiting = || poll_fn(|cx| Poll::Ready(acceptor.poll_accept(cx)));
        while let Poll::Ready(Ok(socket)) = waiting().await {
            self.accepted(Ok(socket)).await;
        }
    }

    async fn accepted(self: &Arc<Self>, accepted: io::Result<Socket>) {
        match accepted {
            Ok(socket) => drop(self.tasks.spawn(Arc::clone(self).serve(socket))),
            Err(error) => {
                // Such as too many open files: wait for some to close, rather than spin.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    async fn serve(self: Arc<Self>, socket: Socket) {
        let exchange = Arc::clone(&self.protocols) as Arc<dyn Exchange>;
        tokio::select! {
            () = self.abort.cancelled() => {}
            () = self.engine.serve(socket, exchange, self.drain.clone()) => {}
        }
    }
}

impl Listener for HttpListener {
    fn address(&self) -> Address {
        self.address.clone()
    }

    fn drain(&self) -> BoxFuture<()> {
        self.shared.drain.cancel();
        self.shared.tasks.close();
        let tasks = self.shared.tasks.clone();
        Box::pin(async move { tasks.wait().await })
    }

    fn abort(&self) -> usize {
        let calls = self.shared.protocols.calls();
        self.shared.abort.cancel();
        calls
    }
}

impl Drop for HttpListener {
    fn drop(&mut self) {
        self.shared.abort.cancel();
    }
}

impl fmt::Debug for HttpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpListener({})", self.address)
    }
}
