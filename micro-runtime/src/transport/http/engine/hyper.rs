//! hyper as the engine: its server, and for clients the HTTP/2 implementation below its own client.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use hyper::body::Incoming;
use hyper_util::rt::TokioTimer;
use tokio_util::sync::CancellationToken;

use self::failure::exchange_failure;
use self::io::{Deferred, Flush};
use super::super::exchange::{
    Body, BodyStream, Exchange, Fields, Pending, Piece, Request, Response,
};
use super::super::network::Socket;
use super::{Engine, HttpClient};
use crate::BoxFuture;
use crate::context::Peer;
use crate::error::Result;

mod client;
mod failure;
mod io;

/// Flow-control windows: large enough that 64 calls of 16 KiB never wait for an update.
///
/// A server also ends connections on which small frames wait that would fill half of its window, so the
/// connection's is much larger than a stream's: one slow handler must not cost the others their calls.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 16 << 20;

/// How long a peer may take for its first bytes, and how long it holds up a drain with that.
const SILENCE: Duration = Duration::from_secs(10);
const SILENCE_IN_DRAIN: Duration = Duration::from_secs(1);

/// HTTP/2 by hyper, with writes collected until a connection has nothing more to say.
#[derive(Clone, Copy, Debug, Default)]
pub struct HyperEngine;

impl Engine for HyperEngine {
    fn serve(
        &self,
        socket: Socket,
        exchange: Arc<dyn Exchange>,
        drain: CancellationToken,
    ) -> BoxFuture<()> {
        Box::pin(serve(socket, exchange, drain))
    }

    fn connect(&self, socket: Socket, authority: &str) -> BoxFuture<Result<Arc<dyn HttpClient>>> {
        Box::pin(client::connect(socket, authority.to_owned()))
    }
}

async fn serve(socket: Socket, exchange: Arc<dyn Exchange>, drain: CancellationToken) {
    let peer = socket.peer;
    let io = Deferred::new(socket.io);
    let service = hyper::service::service_fn(move |request| {
        let pending = exchange.exchange(incoming_request(request, peer.clone()));
        async move {
            let response = match pending {
                Pending::Ready(response) => response,
                Pending::Later(response) => response.await,
            };
            Ok::<_, std::convert::Infallible>(outgoing_response(response))
        }
    });
    let connection = hyper::server::conn::http2::Builder::new(ServerTasks)
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_concurrent_streams(1024)
        .serve_connection(io.clone(), service);
    let mut connection = pin!(Flush::new(connection, io.clone()));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = silent(&io, &drain) => return tracing::debug!("a peer connected and said nothing"),
        () = drain.cancelled() => {
            connection.as_mut().inner().graceful_shutdown();
            tokio::select! {
                ended = connection => ended,
                () = silent(&io, &drain) => return,
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended");
    }
}

/// Resolves if the peer does not say its first bytes in time: a client says them when it connects.
async fn silent(io: &Deferred, drain: &CancellationToken) {
    let limit = if drain.is_cancelled() { SILENCE_IN_DRAIN } else { SILENCE };
    if tokio::time::timeout(limit, io.opening()).await.is_ok() {
        std::future::pending::<()>().await;
    }
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

fn incoming_request(request: hyper::Request<Incoming>, peer: Peer) -> Request {
    let (head, body) = request.into_parts();
    let path = head
        .uri
        .into_parts()
        .path_and_query
        .unwrap_or_else(|| http::uri::PathAndQuery::from_static("/"));
    Request::new(head.method, path, incoming_body(body))
        .with_fields(Fields::from_map(head.headers))
        .with_peer(peer)
}

fn outgoing_response(response: Response) -> hyper::Response<OutgoingBody> {
    let mut outgoing = hyper::Response::new(OutgoingBody(response.body));
    *outgoing.status_mut() = response.status;
    *outgoing.headers_mut() = response.fields.into_map();
    outgoing
}

fn incoming_body(body: Incoming) -> Body {
    if http_body::Body::is_end_stream(&body) { Body::empty() } else { Body::stream(Received(body)) }
}

/// A body that hyper receives.
struct Received(Incoming);

impl BodyStream for Received {
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Piece>>> {
        let frame = match http_body::Body::poll_frame(Pin::new(&mut self.0), cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => {
                return Poll::Ready(Some(Err(exchange_failure(&error))));
            }
            Poll::Ready(Some(Ok(frame))) => frame,
        };
        let piece = frame.into_data().map(Piece::Data).or_else(|frame| {
            frame.into_trailers().map(|trailers| Piece::Trailers(Fields::from_map(trailers)))
        });
        // HTTP/2 has no third kind of frame.
        Poll::Ready(piece.ok().map(Ok))
    }
}

/// A body that hyper sends.
struct OutgoingBody(Body);

impl http_body::Body for OutgoingBody {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, h2::Error>>> {
        self.0.poll_piece(cx).map(|piece| {
            piece.map(|piece| match piece {
                Ok(Piece::Data(data)) => Ok(Frame::data(data)),
                Ok(Piece::Trailers(fields)) => Ok(Frame::trailers(fields.into_map())),
                // What went wrong is told by the protocol; the peer sees the exchange cancelled.
                Err(_) => Err(h2::Reason::CANCEL.into()),
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end()
    }
}
