//! An engine with one task for a connection and none for a call, over a framing of its own.
//!
//! A frame is a length, the number of a call, a kind and a payload: a whole request or a whole response.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use micro_runtime::transport::http::engine::{Engine, HttpClient};
use micro_runtime::transport::http::exchange::{
    Body, Exchange, Fields, Pending, Piece, Request, Response,
};
use micro_runtime::transport::http::network::Socket;
use micro_runtime::transport::{
    CallHead, Capabilities, Connection, Handle, HttpTransport, Listener, Message, Transport,
    UnaryReply,
};
use micro_runtime::{Address, BoxFuture, Error, Reach, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
enum Kind {
    Hello,
    Request,
    Response,
    Cancel,
    Refused,
    GoAway,
}

const KINDS: [Kind; 6] =
    [Kind::Hello, Kind::Request, Kind::Response, Kind::Cancel, Kind::Refused, Kind::GoAway];

type Frame = (u32, Kind, Bytes);

fn write(out: &mut BytesMut, (call, kind, payload): Frame) {
    out.put_u32(u32::try_from(payload.len()).unwrap());
    out.put_u32(call);
    out.put_u8(kind as u8);
    out.put(payload);
}

/// The next whole frame of what was read.
fn take(buffer: &mut BytesMut) -> Option<Frame> {
    let length = u32::from_be_bytes(*buffer.first_chunk()?) as usize;
    if buffer.len() < 9 + length {
        return None;
    }
    buffer.advance(4);
    let (call, kind) = (buffer.get_u32(), KINDS[usize::from(buffer.get_u8())]);
    Some((call, kind, buffer.split_to(length).freeze()))
}

/// Text and bytes, each behind its length.
fn put(out: &mut BytesMut, bytes: &[u8]) {
    out.put_u32(u32::try_from(bytes.len()).unwrap());
    out.put_slice(bytes);
}

fn get(payload: &mut Bytes) -> Bytes {
    let length = payload.get_u32() as usize;
    payload.split_to(length)
}

fn put_fields(out: &mut BytesMut, fields: &Fields) {
    out.put_u32(u32::try_from(fields.iter().count()).unwrap());
    for (name, value) in fields.iter() {
        put(out, name.as_bytes());
        put(out, value);
    }
}

fn get_fields(payload: &mut Bytes) -> Fields {
    let mut fields = Fields::default();
    for _ in 0..payload.get_u32() {
        let name = get(payload);
        fields.push(std::str::from_utf8(&name).unwrap(), get(payload));
    }
    fields
}

/// A whole body: the bytes, and the trailers behind them.
async fn whole(mut body: Body) -> Result<(Bytes, Fields)> {
    let (mut data, mut trailers) = (BytesMut::new(), Fields::default());
    while let Some(piece) = body.piece().await? {
        match piece {
            Piece::Data(more) => data.extend_from_slice(&more),
            Piece::Trailers(fields) => trailers = fields,
        }
    }
    Ok((data.freeze(), trailers))
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct InPlaceEngine;

impl Engine for InPlaceEngine {
    fn serve(
        &self,
        socket: Socket,
        exchange: Arc<dyn Exchange>,
        drain: CancellationToken,
    ) -> BoxFuture<()> {
        Box::pin(async move {
            // A broken connection ends its calls, which are dropped with this future.
            let _ = serve(socket, exchange, drain).await;
        })
    }

    fn connect(&self, socket: Socket, _: &str) -> BoxFuture<Result<Arc<dyn HttpClient>>> {
        Box::pin(async move {
            let (send, frames) = mpsc::unbounded_channel();
            let client = Client { send, next: AtomicU32::new(0), shared: Arc::default() };
            let (hello, spoken) = oneshot::channel();
            tokio::spawn(run(socket, frames, client.shared.clone(), hello));
            let silent = |_| Error::unavailable("the peer says nothing");
            spoken.await.map_err(silent)?;
            Ok(Arc::new(client) as Arc<dyn HttpClient>)
        })
    }
}

type Work = (u32, BoxFuture<Result<Bytes>>);

async fn serve(
    mut socket: Socket,
    exchange: Arc<dyn Exchange>,
    drain: CancellationToken,
) -> std::io::Result<()> {
    let (mut buffer, mut work, mut told) = (BytesMut::new(), Vec::<Work>::new(), false);
    let mut out = BytesMut::new();
    write(&mut out, (0, Kind::Hello, Bytes::new()));
    loop {
        socket.io.write_all_buf(&mut out).await?;
        if told && work.is_empty() {
            return socket.io.shutdown().await;
        }
        tokio::select! {
            () = drain.cancelled(), if !told => {
                told = true;
                write(&mut out, (0, Kind::GoAway, Bytes::new()));
            }
            (call, response) = done(&mut work) => match response {
                Ok(payload) => write(&mut out, (call, Kind::Response, payload)),
                Err(_) => write(&mut out, (call, Kind::Cancel, Bytes::new())),
            },
            read = socket.io.read_buf(&mut buffer) => {
                if read? == 0 {
                    return Ok(());
                }
                while let Some((call, kind, payload)) = take(&mut buffer) {
                    match kind {
                        Kind::Request if told => write(&mut out, (call, Kind::Refused, Bytes::new())),
                        Kind::Request => work.push((call, Box::pin(respond(exchange.exchange(request(payload)))))),
                        _ => work.retain(|(other, _)| *other != call),
                    }
                }
            }
        }
    }
}

/// Polls every call in place: the first that is done.
async fn done(work: &mut Vec<Work>) -> (u32, Result<Bytes>) {
    poll_fn(|cx| {
        for index in 0..work.len() {
            if let Poll::Ready(response) = work[index].1.as_mut().poll(cx) {
                return Poll::Ready((work.swap_remove(index).0, response));
            }
        }
        Poll::Pending
    })
    .await
}

fn request(mut payload: Bytes) -> Request {
    let path = http::uri::PathAndQuery::from_maybe_shared(get(&mut payload)).unwrap();
    let fields = get_fields(&mut payload);
    Request::new(http::Method::POST, path, Body::full(payload, None)).with_fields(fields)
}

async fn respond(pending: Pending) -> Result<Bytes> {
    let response = match pending {
        Pending::Ready(response) => response,
        Pending::Later(response) => response.await,
    };
    let mut out = BytesMut::new();
    out.put_u16(response.status.as_u16());
    put_fields(&mut out, &response.fields);
    let (data, trailers) = whole(response.body).await?;
    put_fields(&mut out, &trailers);
    out.put(data);
    Ok(out.freeze())
}

type Waiting = HashMap<u32, oneshot::Sender<(Kind, Bytes)>>;

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    closed: AtomicBool,
}

#[derive(Debug)]
struct Client {
    send: mpsc::UnboundedSender<Frame>,
    next: AtomicU32,
    shared: Arc<Shared>,
}

impl HttpClient for Client {
    fn send(&self, request: Request) -> BoxFuture<Result<Response>> {
        let (send, shared) = (self.send.clone(), self.shared.clone());
        let call = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        Box::pin(async move {
            let unsent = || Error::unavailable("no more calls here").with_reach(Reach::NotSent);
            let mut payload = BytesMut::new();
            put(&mut payload, request.path.as_str().as_bytes());
            put_fields(&mut payload, &request.fields);
            payload.put(whole(request.body).await?.0);
            let (answer, answered) = oneshot::channel();
            shared.waiting.lock().unwrap().insert(call, answer);
            if shared.closed.load(Ordering::SeqCst) {
                return Err(unsent());
            }
            let mut guard = Cancel { call, send: send.clone(), finished: false };
            send.send((call, Kind::Request, payload.freeze())).map_err(|_| unsent())?;
            let answered = answered.await;
            guard.finished = true;
            match answered {
                Ok((Kind::Response, payload)) => Ok(response(payload)),
                Ok((Kind::Refused, _)) => Err(unsent()),
                _ => Err(Error::unavailable("the connection was lost").with_reach(Reach::Lost)),
            }
        })
    }

    fn is_open(&self) -> bool {
        !self.shared.closed.load(Ordering::SeqCst)
    }
}

/// Tells the peer of a call that was dropped.
struct Cancel {
    call: u32,
    send: mpsc::UnboundedSender<Frame>,
    finished: bool,
}

impl Drop for Cancel {
    fn drop(&mut self) {
        if !self.finished {
            let _ = self.send.send((self.call, Kind::Cancel, Bytes::new()));
        }
    }
}

fn response(mut payload: Bytes) -> Response {
    let status = http::StatusCode::from_u16(payload.get_u16()).unwrap();
    let (fields, trailers) = (get_fields(&mut payload), get_fields(&mut payload));
    let trailers = (trailers.iter().count() > 0).then_some(trailers);
    Response::new(status, fields, Body::full(payload, trailers))
}

async fn run(
    mut socket: Socket,
    mut frames: mpsc::UnboundedReceiver<Frame>,
    shared: Arc<Shared>,
    hello: oneshot::Sender<()>,
) {
    let (mut buffer, mut out, mut hello) = (BytesMut::new(), BytesMut::new(), Some(hello));
    while socket.io.write_all_buf(&mut out).await.is_ok() {
        tokio::select! {
            frame = frames.recv() => match frame {
                Some(frame) => write(&mut out, frame),
                None => break,
            },
            read = socket.io.read_buf(&mut buffer) => {
                if !read.is_ok_and(|length| length > 0) {
                    break;
                }
                while let Some((call, kind, payload)) = take(&mut buffer) {
                    match kind {
                        Kind::Hello => drop(hello.take().map(|hello| hello.send(()))),
                        Kind::GoAway => shared.closed.store(true, Ordering::SeqCst),
                        _ => {
                            let waiting = shared.waiting.lock().unwrap().remove(&call);
                            waiting.into_iter().for_each(|waiting| drop(waiting.send((kind, payload.clone()))));
                        }
                    }
                }
            }
        }
    }
    shared.closed.store(true, Ordering::SeqCst);
    // Whoever still waits learns that the connection is gone.
    shared.waiting.lock().unwrap().clear();
}

/// HTTP without streams, which this engine does not carry.
#[derive(Debug)]
pub(crate) struct UnaryOnly(pub(crate) HttpTransport);

impl Transport for UnaryOnly {
    fn name(&self) -> &str {
        "unary-only"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::unary_only()
    }

    fn dial(&self, address: Address) -> BoxFuture<Result<Arc<dyn Connection>>> {
        let dialled = self.0.dial(address);
        Box::pin(async move { Ok(Arc::new(Unary(dialled.await?)) as Arc<dyn Connection>) })
    }

    fn serve(
        &self,
        address: Address,
        handler: Arc<dyn Handle>,
    ) -> BoxFuture<Result<Arc<dyn Listener>>> {
        self.0.serve(address, handler)
    }
}

#[derive(Debug)]
struct Unary(Arc<dyn Connection>);

impl Connection for Unary {
    fn unary(&self, head: CallHead, message: Message) -> BoxFuture<Result<UnaryReply>> {
        self.0.unary(head, message)
    }

    fn is_open(&self) -> bool {
        self.0.is_open()
    }
}
