//! How a call travels: a head, messages each way, a status.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use bytes::BytesMut;
use tokio::time::Instant;

use crate::BoxFuture;
use crate::address::Address;
use crate::codec::{Codec, Codecs};
use crate::context::Context;
use crate::descriptor::{Method, MethodDesc};
use crate::error::{Error, Result};
use crate::health::Readiness;
use crate::metadata::{LazyMetadata, Metadata};

mod message;

pub mod http;
pub mod memory;

pub use http::HttpTransport;
pub use memory::MemoryTransport;
pub use message::{Incoming, Message, MessageSource, MessageStream, Outgoing};

/// Moves calls between processes: dials nodes, and serves those that dial.
///
/// A transport proves itself with `micro_runtime::testing::transport`.
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// The name that configuration uses and a node announces, such as `http`.
    fn name(&self) -> &str;

    /// What this transport can carry.
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    /// Connects to a node.
    ///
    /// # Errors
    /// `unavailable`, with the address as a fact, if nobody can be reached there.
    fn dial(&self, address: Address) -> BoxFuture<Result<Arc<dyn Connection>>>;

    /// Listens at an address and gives every call that comes to `handler`.
    ///
    /// # Errors
    /// `unavailable`, naming the address, if it cannot be listened on.
    fn serve(
        &self,
        address: Address,
        handler: Arc<dyn Handle>,
    ) -> BoxFuture<Result<Arc<dyn Listener>>>;
}

/// What a transport can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Whether either side of a call may send more than one message.
    pub streams: bool,
    /// The largest message in bytes, where the transport has a limit of its own.
    pub max_message: Option<usize>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self { streams: true, max_message: None }
    }
}

impl Capabilities {
    /// Only unary calls.
    #[must_use]
    pub fn unary_only() -> Self {
        Self { streams: false, ..Self::default() }
    }

    /// The same with a largest message, in bytes.
    #[must_use]
    pub fn max_message(mut self, bytes: usize) -> Self {
        self.max_message = Some(bytes);
        self
    }
}

/// A way to one node, for any number of calls at once; dropping it closes it when they end.
pub trait Connection: fmt::Debug + Send + Sync + 'static {
    /// One message there, one back. Dropping the future cancels the call.
    ///
    /// # Errors
    /// The peer's error, or one whose [`reach`](Error::reach) says how far the request got.
    fn unary(&self, head: CallHead, message: Message) -> BoxFuture<Result<UnaryReply>>;

    /// Messages both ways; resolves when the peer has accepted the call. Dropping what it returns
    /// cancels the call.
    ///
    /// # Errors
    /// As [`unary`](Self::unary); later errors come out of the reply's messages.
    fn stream(&self, head: CallHead, messages: Outgoing) -> BoxFuture<Result<StreamReply>> {
        let (_, method) = (messages, head.method);
        Box::pin(async move {
            Err(Error::unimplemented(format!(
                "{} needs a transport with streams, and this one carries single messages: http carries both",
                method.endpoint()
            )))
        })
    }

    /// Whether it takes new calls.
    fn is_open(&self) -> bool;
}

/// What a caller says before the first message.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallHead {
    /// The service's name in the registry.
    pub service: Arc<str>,
    /// The method.
    pub method: Method,
    /// The codec of all messages, both ways.
    pub codec: Arc<dyn Codec>,
    /// When the caller stops waiting; tell the peer, the caller enforces it here.
    pub deadline: Option<Instant>,
    /// The caller's metadata.
    pub metadata: Metadata,
    /// What this side takes and sends.
    pub limits: Limits,
}

impl CallHead {
    /// A head without deadline and metadata.
    pub fn new(service: impl Into<Arc<str>>, method: Method, codec: Arc<dyn Codec>) -> Self {
        let (deadline, metadata, limits) = (None, Metadata::new(), Limits::default());
        Self { service: service.into(), method, codec, deadline, metadata, limits }
    }

    /// The time left, which is zero after the deadline; `None` without one.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}

/// The answer to a unary call.
#[derive(Debug)]
#[non_exhaustive]
pub struct UnaryReply {
    /// The metadata before the message.
    pub headers: LazyMetadata,
    /// The encoded message.
    pub message: bytes::Bytes,
    /// The metadata after the message.
    pub trailers: LazyMetadata,
}

impl UnaryReply {
    /// An answer.
    #[must_use]
    pub fn new(headers: LazyMetadata, message: bytes::Bytes, trailers: LazyMetadata) -> Self {
        Self { headers, message, trailers }
    }
}

/// The beginning of an answer with a stream of messages.
#[derive(Debug)]
#[non_exhaustive]
pub struct StreamReply {
    /// The metadata before the messages.
    pub headers: LazyMetadata,
    /// The messages; the metadata after them comes with their end.
    pub messages: Incoming,
}

impl StreamReply {
    /// An answer.
    #[must_use]
    pub fn new(headers: LazyMetadata, messages: Incoming) -> Self {
        Self { headers, messages }
    }
}

/// What a server does with calls; transports push them to it.
pub trait Handle: fmt::Debug + Send + Sync + 'static {
    /// What this side takes and sends.
    fn limits(&self) -> Limits;

    /// The codecs this side speaks.
    fn codecs(&self) -> &Codecs;

    /// The method that a peer names, as gRPC (`/greeter.v1.Greeter/Hello`) or go-micro (`Greeter.Hello`) do.
    ///
    /// # Errors
    /// `unimplemented`, naming what there is, if nothing here has that name.
    fn route(&self, name: &str) -> Result<Route>;

    /// Whether the server should be called, for transports with probes of their own; `None` if that is not to be told.
    fn readiness(&self) -> Option<&Readiness> {
        None
    }

    /// Answers a call; never panics, even if the handler does.
    fn handle(&self, route: Route, call: ServerCall) -> Answer;
}

/// A method of a server, as its [`Handle`] numbers them.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    index: usize,
    method: &'static MethodDesc,
}

impl Route {
    /// The method at `index` of a handler's own table.
    #[must_use]
    pub fn new(index: usize, method: &'static MethodDesc) -> Self {
        Self { index, method }
    }

    /// The index in the handler's table.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &'static MethodDesc {
        self.method
    }
}

/// A call as a server gets it.
#[derive(Debug)]
#[non_exhaustive]
pub struct ServerCall {
    /// What is known of the call; the transport keeps a clone, for the metadata that the handler sets.
    pub context: Context,
    /// The codec of all messages, both ways.
    pub codec: Arc<dyn Codec>,
    /// The caller's messages.
    pub messages: Incoming,
}

impl ServerCall {
    /// A call.
    #[must_use]
    pub fn new(context: Context, codec: Arc<dyn Codec>, messages: Incoming) -> Self {
        Self { context, codec, messages }
    }
}

/// A handler's answer: there at once, or later.
///
/// An engine may poll it in place and give it a task only if it is not ready.
pub enum Answer {
    /// Known already.
    Ready(Result<Reply>),
    /// To be polled; dropping it cancels the handler.
    Later(BoxFuture<Result<Reply>>),
}

/// What a handler answers: one message, or many.
pub enum Reply {
    /// The message of a unary or client-streaming method.
    One(Message),
    /// The messages of a server-streaming or bidirectional method.
    Many(Outgoing),
}

impl Future for Answer {
    type Output = Result<Reply>;

    /// # Panics
    /// If polled again after it was ready, as futures may.
    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Later(future) => future.as_mut().poll(cx),
            Self::Ready(result) => {
                let gone = Err(Error::internal("an answer was polled after it was ready"));
                Poll::Ready(std::mem::replace(result, gone))
            }
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Ready(_)) { "Answer::Ready" } else { "Answer::Later" })
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::One(_)) { "Reply::One" } else { "Reply::Many" })
    }
}

/// A server's end of a transport. Dropping it aborts all calls.
pub trait Listener: fmt::Debug + Send + Sync + 'static {
    /// Where it listens: with the port that the system chose.
    fn address(&self) -> Address;

    /// Takes no new connections or calls, tells peers so, and returns when all calls have ended.
    ///
    /// Dropping the future leaves the listener draining.
    fn drain(&self) -> BoxFuture<()>;

    /// Ends all calls and connections now; their number.
    fn abort(&self) -> usize;
}

/// The sizes that one side takes and sends, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The largest message taken, decompressed.
    pub max_receive: usize,
    /// The largest message sent, before compression.
    pub max_send: usize,
}

impl Default for Limits {
    /// 4 MiB taken, as gRPC; any size sent.
    fn default() -> Self {
        Self { max_receive: 4 << 20, max_send: usize::MAX }
    }
}

impl Limits {
    /// The same with another largest message taken, in bytes.
    #[must_use]
    pub fn max_receive(mut self, bytes: usize) -> Self {
        self.max_receive = bytes;
        self
    }

    /// The same with another largest message sent, in bytes.
    #[must_use]
    pub fn max_send(mut self, bytes: usize) -> Self {
        self.max_send = bytes;
        self
    }

    /// # Errors
    /// `resource_exhausted`, naming size, limit and setting, if a message of `size` bytes may not be taken.
    pub fn check_receive(&self, size: usize) -> Result<()> {
        within(size, self.max_receive, "receives", "max_receive")
    }

    /// # Errors
    /// `resource_exhausted`, naming size, limit and setting, if a message of `size` bytes may not be sent.
    pub fn check_send(&self, size: usize) -> Result<()> {
        within(size, self.max_send, "sends", "max_send")
    }
}

fn within(size: usize, limit: usize, does: &str, setting: &str) -> Result<()> {
    if size <= limit {
        return Ok(());
    }
    Err(Error::resource_exhausted(format!(
        "a message of {size} bytes is too large for the side that {does} it: its limit is {limit} bytes; raise its Limits::{setting}"
    )))
}

/// Encodes a message behind `prefix` zero bytes, which the transport overwrites with its framing.
pub(crate) fn encode_behind(prefix: usize, message: &Message, limits: Limits) -> Result<BytesMut> {
    let mut out = BytesMut::with_capacity(prefix + message.size_hint());
    out.resize(prefix, 0);
    message.encode(&mut out)?;
    limits.check_send(out.len() - prefix)?;
    Ok(out)
}
