//! HTTP/2 for clients, by the implementation below hyper's client.
//!
//! hyper's client passes each request from the caller to a task that dispatches, and from there to the task
//! that owns the socket, with a task more for the response. Here the caller queues the request itself.
//! Measured with one call in flight and a runtime of several threads, the two hand-overs and what they
//! wake cost a quarter of the client's CPU a call.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::uri::{Authority, Parts, Scheme};
use tokio::sync::oneshot;

use super::super::super::exchange::{Body, BodyStream, Fields, Piece, Request, Response};
use super::super::super::network::Socket;
use super::super::HttpClient;
use super::failure::{call_failure, connection_failure};
use super::io::{Deferred, Flush};
use super::{CONNECTION_WINDOW, STREAM_WINDOW};
use crate::BoxFuture;
use crate::error::{Error, Reach, Result};

/// The type of the frame that a server sends first, the fourth byte after three of its length.
const SETTINGS: u8 = 4;

/// Makes a connection; done when the peer has spoken.
pub(super) async fn connect(socket: Socket, authority: String) -> Result<Arc<dyn HttpClient>> {
    let authority = Authority::try_from(authority)
        .map_err(|error| Error::invalid_argument(format!("no authority for HTTP: {error}")))?;
    let io = Deferred::new(socket.io);
    let (sender, connection) = h2::client::Builder::new()
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .enable_push(false)
        // A stream of small messages that is read slowly is no attack, and its window bounds it already.
        .data_frame_budget(usize::MAX)
        .handshake(io.clone())
        .await
        .map_err(|error| connection_failure(&error))?;
    let closed = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&closed);
    let owner = Flush::new(connection, io.clone());
    // It ends when the last sender and the last stream are gone, or the socket is.
    tokio::spawn(async move {
        if let Err(error) = owner.await {
            tracing::debug!(%error, "a connection ended");
        }
        ended.store(true, Ordering::Release);
    });
    // A peer that never speaks has not accepted the connection: no call may be sent on it.
    match io.opening().await {
        Some([.., SETTINGS]) => Ok(Arc::new(Client { sender, authority, closed })),
        Some(_) => Err(Error::unavailable(
            "the peer does not answer as an HTTP/2 server: is it the right port?",
        )),
        None => Err(Error::unavailable(
            "the peer closed the connection before it said anything: is it the right port?",
        )),
    }
}

struct Client {
    sender: SendRequest<Bytes>,
    authority: Authority,
    closed: Arc<AtomicBool>,
}

impl HttpClient for Client {
    fn send(&self, request: Request) -> BoxFuture<Result<Response>> {
        let (sender, closed) = (self.sender.clone(), Arc::clone(&self.closed));
        let (head, body) = split(request, &self.authority);
        Box::pin(async move {
            let (response, wanted) = start(sender, head, body).await.inspect_err(|_| {
                // Whatever keeps a request from being queued keeps the next one from it too.
                closed.store(true, Ordering::Release);
            })?;
            let (head, body) = response
                .await
                .map_err(|error| {
                    if error.is_go_away() {
                        closed.store(true, Ordering::Release);
                    }
                    call_failure(&error)
                })?
                .into_parts();
            let body = if body.is_end_stream() {
                Body::empty()
            } else {
                Body::stream(Received { body, _wanted: wanted })
            };
            Ok(Response::new(head.status, Fields::from_map(head.headers), body))
        })
    }

    fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.authority)
    }
}

fn split(request: Request, authority: &Authority) -> (http::Request<()>, Body) {
    let mut uri = Parts::default();
    uri.scheme = Some(Scheme::HTTP);
    uri.authority = Some(authority.clone());
    uri.path_and_query = Some(request.path);
    let mut head = http::Request::new(());
    *head.method_mut() = request.method;
    *head.version_mut() = http::Version::HTTP_2;
    // Scheme, authority and path are all there, so this cannot fail.
    *head.uri_mut() = http::Uri::from_parts(uri).unwrap_or_default();
    *head.headers_mut() = request.fields.into_map();
    (head, request.body)
}

/// Queues a request; an error means that nothing of it was sent.
async fn start(
    sender: SendRequest<Bytes>,
    head: http::Request<()>,
    mut body: Body,
) -> Result<(ResponseFuture, Option<Wanted>)> {
    let unsent = |error: &h2::Error| {
        Error::unavailable("the connection takes no more calls")
            .with_reach(Reach::NotSent)
            .with_cause(error.to_string())
    };
    let mut sender = sender.ready().await.map_err(|error| unsent(&error))?;
    let whole = body.take_full();
    let empty = whole.is_none() && body.is_end();
    let (response, mut stream) =
        sender.send_request(head, empty).map_err(|error| unsent(&error))?;
    let mut wanted = None;
    match whole {
        // It waits in memory as it is until the peer's windows let it through.
        Some(data) => drop(stream.send_data(data, true)),
        None if empty => {}
        None => {
            let (response_wanted, unwanted) = oneshot::channel();
            wanted = Some(response_wanted);
            tokio::spawn(pump(body, stream, unwanted));
        }
    }
    Ok((response, wanted))
}

/// Held by whoever wants the response: dropping it cancels what is still to be sent.
type Wanted = oneshot::Sender<()>;

/// Sends the pieces of a body as the peer's windows let them through, until the stream ends.
async fn pump(mut body: Body, mut stream: SendStream<Bytes>, mut unwanted: oneshot::Receiver<()>) {
    loop {
        let piece = tokio::select! {
            biased;
            // The peer has answered or reset the call: it reads no more.
            _ = poll_fn(|cx| stream.poll_reset(cx)) => return,
            _ = &mut unwanted => return stream.send_reset(h2::Reason::CANCEL),
            piece = body.piece() => piece,
        };
        match piece {
            Ok(None) => return drop(stream.send_data(Bytes::new(), true)),
            Ok(Some(Piece::Data(data))) => {
                let sent = tokio::select! {
                    biased;
                    _ = &mut unwanted => return stream.send_reset(h2::Reason::CANCEL),
                    sent = send(&mut stream, data) => sent,
                };
                if sent.is_none() {
                    return;
                }
            }
            Ok(Some(Piece::Trailers(fields))) => {
                return drop(stream.send_trailers(fields.into_map()));
            }
            // What went wrong is told by the protocol; the peer sees the exchange cancelled.
            Err(_) => return stream.send_reset(h2::Reason::CANCEL),
        }
    }
}

/// Sends data in as many pieces as there is room for; `None` if nobody takes it any more.
async fn send(stream: &mut SendStream<Bytes>, mut data: Bytes) -> Option<()> {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        let room = poll_fn(|cx| stream.poll_capacity(cx)).await?.ok()?;
        stream.send_data(data.split_to(room.min(data.len())), false).ok()?;
    }
    Some(())
}

/// A body that is received: what was read makes room for more.
struct Received {
    body: RecvStream,
    _wanted: Option<Wanted>,
}

impl BodyStream for Received {
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Piece>>> {
        match ready!(self.body.poll_data(cx)) {
            Some(Ok(data)) => {
                // The stream may have ended meanwhile, and needs no more room then.
                let _ = self.body.flow_control().release_capacity(data.len());
                Poll::Ready(Some(Ok(Piece::Data(data))))
            }
            Some(Err(error)) => Poll::Ready(Some(Err(call_failure(&error)))),
            None => match ready!(self.body.poll_trailers(cx)) {
                Ok(None) => Poll::Ready(None),
                Ok(Some(fields)) => {
                    Poll::Ready(Some(Ok(Piece::Trailers(Fields::from_map(fields)))))
                }
                Err(error) => Poll::Ready(Some(Err(call_failure(&error)))),
            },
        }
    }
}
