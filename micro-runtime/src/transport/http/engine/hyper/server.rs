//! Serving a connection: whichever HTTP its first bytes are of.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Waker};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::TokioTimer;
use tokio_util::sync::CancellationToken;

use super::super::super::exchange::{Exchange, Fields, Pending, Request, Response};
use super::super::super::network::Socket;
use super::body::{Sent, received};
use super::io::{Deferred, Flush};
use super::opening::Spoken;
use super::{CONNECTION_WINDOW, STREAM_WINDOW};
use crate::context::Peer;

/// How long a peer may take for its first bytes, and how long it holds up a drain with that.
const SILENCE: Duration = Duration::from_secs(10);
const SILENCE_IN_DRAIN: Duration = Duration::from_secs(1);

/// How long an HTTP/1.1 connection may take for the next request's head, idle time included.
///
/// Longer than the minute for which load balancers keep idle connections: the one that they are about to
/// use should not close under them.
const HEAD: Duration = Duration::from_secs(75);

/// The largest head of a request, in bytes: a GET carries its message there.
const HEAD_SIZE: u32 = 64 << 10;

/// Serves a connection until it ends.
pub(super) async fn serve(socket: Socket, exchange: Arc<dyn Exchange>, drain: CancellationToken) {
    let io = Deferred::new(socket.io);
    let exchanges = Exchanges { exchange, peer: socket.peer, unread: Arc::default() };
    let spoken = tokio::select! {
        spoken = io.spoken() => spoken,
        () = silence(&drain) => return tracing::debug!("a peer connected and said too little"),
    };
    let ended = match spoken {
        Ok(Spoken::Http2) => serve_http2(io, exchanges, drain).await,
        Ok(Spoken::Http1) => serve_http1(io, exchanges, drain).await,
        Ok(Spoken::Unknown(speaks)) => return tracing::debug!(speaks, "closed a connection"),
        Err(error) => return tracing::debug!(%error, "a connection ended"),
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

/// Resolves when a peer that has said too little has had its time.
async fn silence(drain: &CancellationToken) {
    let in_drain = async {
        drain.cancelled().await;
        tokio::time::sleep(SILENCE_IN_DRAIN).await;
    };
    tokio::select! {
        () = tokio::time::sleep(SILENCE) => {}
        () = in_drain => {}
    }
}

async fn serve_http2(
    io: Deferred,
    exchanges: Exchanges,
    drain: CancellationToken,
) -> hyper::Result<()> {
    let service = hyper::service::service_fn(move |request| exchanges.answer(request, None));
    let connection = http2::Builder::new(ServerTasks)
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(1024)
        .max_header_list_size(HEAD_SIZE)
        .serve_connection(io.clone(), service);
    let mut connection = pin!(Flush::new(connection, io));
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = drain.cancelled() => connection.as_mut().inner().graceful_shutdown(),
    }
    connection.await
}

async fn serve_http1(
    io: Deferred,
    exchanges: Exchanges,
    drain: CancellationToken,
) -> hyper::Result<()> {
    let unread = Arc::clone(&exchanges.unread);
    let service = hyper::service::service_fn(move |request| {
        exchanges.unread.store(false, Ordering::Relaxed);
        exchanges.answer(request, Some(&exchanges.unread))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_header_size(HEAD_SIZE as usize)
        .serve_connection(io.clone(), service);
    let mut connection = pin!(Flush::new(connection, io.clone()));
    let ended = tokio::select! {
        // First: hyper closes a connection that is told to stop before it has looked at it.
        biased;
        ended = connection.as_mut() => Some(ended),
        // A request that has arrived is answered: one more look before a connection counts as idle.
        () = one_turn_after(&drain) => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().inner().graceful_shutdown();
            connection.await
        }
    };
    if unread.load(Ordering::Relaxed) {
        io.linger().await;
    }
    ended
}

async fn one_turn_after(drain: &CancellationToken) {
    drain.cancelled().await;
    tokio::task::yield_now().await;
}

/// What a connection's requests are answered with.
struct Exchanges {
    exchange: Arc<dyn Exchange>,
    peer: Peer,
    /// Set while the last request's body was given up before its end.
    unread: Arc<AtomicBool>,
}

impl Exchanges {
    fn answer(
        &self,
        request: hyper::Request<Incoming>,
        unread: Option<&Arc<AtomicBool>>,
    ) -> impl Future<Output = Result<hyper::Response<Sent>, Infallible>> + Send + use<> {
        let request = incoming(request, self.peer.clone(), unread);
        let pending = self.exchange.exchange(request);
        async move {
            let response = match pending {
                Pending::Ready(response) => response,
                Pending::Later(response) => response.await,
            };
            Ok(outgoing(response))
        }
    }
}

fn incoming(
    request: hyper::Request<Incoming>,
    peer: Peer,
    unread: Option<&Arc<AtomicBool>>,
) -> Request {
    let (head, body) = request.into_parts();
    let target = head.uri.into_parts();
    let path = target.path_and_query.unwrap_or_else(|| http::uri::PathAndQuery::from_static("/"));
    let mut request = Request::new(head.method, path, received(body, unread.cloned()))
        .with_fields(Fields::from_map(head.headers))
        .with_peer(peer);
    request.version = head.version;
    request.authority = target.authority;
    request
}

fn outgoing(response: Response) -> hyper::Response<Sent> {
    let mut outgoing = hyper::Response::new(Sent(response.body));
    *outgoing.status_mut() = response.status;
    *outgoing.headers_mut() = response.fields.into_map();
    outgoing
}

/// Polls each call in place, and gives it a task only if it is not done then.
///
/// Most handlers answer without waiting, and the request's message comes with its head: a task would
/// cost more than they do. Nothing is lost by the waker that does nothing, for a task polls first.
#[derive(Clone)]
struct ServerTasks;

impl<F> hyper::rt::Executor<F> for ServerTasks
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, future: F) {
        let mut future = Box::pin(future);
        let now = future.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
        if now.is_pending() {
            tokio::spawn(future);
        }
    }
}
