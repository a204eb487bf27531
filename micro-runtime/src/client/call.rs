//! One call: a future with options, sent when it is first polled.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;

use super::Target;
use super::attempt::{Answered, Body, Plan, execute};
use super::request::Outbound;
use crate::BoxFuture;
use crate::codec::Payload;
use crate::context::Context;
use crate::descriptor::Method;
use crate::error::{Code, Error, Result};
use crate::metadata::{LazyMetadata, Metadata};
use crate::registry::Node;
use crate::selector::Filter;
use crate::streaming::{Encoded, StreamItem, Streaming, decode};

/// A call that is sent when it is awaited, and cancelled when it is dropped.
///
/// It is a `'static` future: `.await` it, join it, select on it, spawn it. Options chain in front, as in
/// `greeter.hello(request).timeout(limit).metadata("x-tenant", "acme").full().await`.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<T, M = Plain> {
    state: State<T>,
    shape: PhantomData<fn() -> M>,
}

/// A [`Call`] that resolves to the message alone.
#[derive(Debug)]
pub enum Plain {}

/// A [`Call`] that resolves to a [`Response`] with metadata.
#[derive(Debug)]
pub enum Full {}

enum State<T> {
    Unsent(Box<Unsent<T>>),
    Sent(BoxFuture<Result<Response<T>>>),
    Done,
}

struct Unsent<T> {
    plan: Plan,
    finish: fn(Answered) -> Result<Response<T>>,
}

impl<T: Send + 'static> Call<T> {
    fn new(
        target: &Target,
        method: Method,
        request: Outbound,
        metadata: Metadata,
        finish: fn(Answered) -> Result<Response<T>>,
    ) -> Self {
        let plan = Plan {
            target: target.clone(),
            method,
            request,
            metadata,
            timeout: None,
            filter: None,
            retries: None,
            repeatable: false,
            invalid: None,
            parent: Context::current(),
        };
        Self { state: State::Unsent(Box::new(Unsent { plan, finish })), shape: PhantomData }
    }

    /// The same call, resolving to a [`Response`] with metadata and the node that answered.
    pub fn full(self) -> Call<T, Full> {
        Call { state: self.state, shape: PhantomData }
    }
}

impl<P: Payload + Default> Call<P> {
    /// A call of a unary method.
    pub fn unary<Q: Payload>(
        target: &Target,
        method: impl Into<Method>,
        request: impl Into<Request<Q>>,
    ) -> Self {
        let Request { message, metadata } = request.into();
        Self::new(target, method.into(), Outbound::One(Arc::new(message)), metadata, finish_one)
    }

    /// A call of a client-streaming method.
    pub fn client_stream<Q: Payload>(
        target: &Target,
        method: impl Into<Method>,
        requests: impl Stream<Item: StreamItem<Q>> + Send + 'static,
    ) -> Self {
        Self::new(target, method.into(), outbound(requests), Metadata::new(), finish_one)
    }
}

impl<P: Payload + Default> Call<Streaming<P>> {
    /// A call of a server-streaming method.
    pub fn server_stream<Q: Payload>(
        target: &Target,
        method: impl Into<Method>,
        request: impl Into<Request<Q>>,
    ) -> Self {
        let Request { message, metadata } = request.into();
        Self::new(target, method.into(), Outbound::One(Arc::new(message)), metadata, finish_many)
    }

    /// A call of a bidirectional method.
    pub fn bidi<Q: Payload>(
        target: &Target,
        method: impl Into<Method>,
        requests: impl Stream<Item: StreamItem<Q>> + Send + 'static,
    ) -> Self {
        Self::new(target, method.into(), outbound(requests), Metadata::new(), finish_many)
    }
}

fn outbound<Q: Payload>(requests: impl Stream<Item: StreamItem<Q>> + Send + 'static) -> Outbound {
    Outbound::Many(Box::new(|codec| Box::pin(Encoded::<_, Q>::new(requests, codec, None))))
}

fn finish_one<P: Payload + Default>(answered: Answered) -> Result<Response<P>> {
    match answered.body {
        Body::One(bytes, trailers) => {
            let message = decode(&*answered.codec, bytes, Code::Internal)?;
            let (headers, node) = (answered.headers, answered.node);
            Ok(Response { message, headers, trailers, node })
        }
        Body::Many(_) => Err(Error::internal("a stream came where one message was expected")),
    }
}

fn finish_many<P: Payload + Default>(answered: Answered) -> Result<Response<Streaming<P>>> {
    match answered.body {
        Body::Many(incoming) => {
            let message = Streaming::received(incoming, answered.codec, Code::Internal);
            let (headers, node) = (answered.headers, answered.node);
            Ok(Response { message, headers, trailers: LazyMetadata::default(), node })
        }
        Body::One(..) => Err(Error::internal("one message came where a stream was expected")),
    }
}

impl<T, M> Call<T, M> {
    /// The time that the whole call may take, streams included.
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with(|plan| plan.timeout = Some(timeout))
    }

    /// Adds metadata; a key or value that cannot be sent fails the call when it is awaited.
    pub fn metadata(self, key: impl Into<Cow<'static, str>>, value: impl Into<Bytes>) -> Self {
        self.with(|plan| {
            if let Err(error) = plan.metadata.append(key, value) {
                plan.invalid.get_or_insert(error);
            }
        })
    }

    /// Only nodes that this filter, beside the client's own, lets through.
    pub fn filter(self, filter: Filter) -> Self {
        self.with(|plan| plan.filter = Some(filter))
    }

    /// How often the call is sent again after it was lost, if it may be sent twice.
    pub fn retries(self, retries: u32) -> Self {
        self.with(|plan| plan.retries = Some(retries))
    }

    /// Allows sending the call twice, whatever the `.proto` file says of its method.
    pub fn repeatable(self) -> Self {
        self.with(|plan| plan.repeatable = true)
    }

    fn with(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        if let State::Unsent(unsent) = &mut self.state {
            change(&mut unsent.plan);
        }
        self
    }

    fn poll_response(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<Response<T>>>
    where
        T: Send + 'static,
    {
        if let State::Unsent(_) = self.state
            && let State::Unsent(unsent) = std::mem::replace(&mut self.state, State::Done)
        {
            let Unsent { plan, finish } = *unsent;
            self.state = State::Sent(Box::pin(async move { finish(execute(plan).await?) }));
        }
        let State::Sent(future) = &mut self.state else {
            return Poll::Ready(Err(Error::internal("a call was polled after it had ended")));
        };
        let response = ready!(future.as_mut().poll(cx));
        self.state = State::Done;
        Poll::Ready(response)
    }
}

impl<T: Send + 'static> Future for Call<T, Plain> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        self.poll_response(cx).map_ok(|response| response.message)
    }
}

impl<T: Send + 'static> Future for Call<T, Full> {
    type Output = Result<Response<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        self.poll_response(cx)
    }
}

impl<T, M> Unpin for Call<T, M> {}

impl<T, M> fmt::Debug for Call<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Unsent(unsent) => write!(f, "Call({}, unsent)", unsent.plan.method.endpoint()),
            State::Sent(_) => f.write_str("Call(sent)"),
            State::Done => f.write_str("Call(done)"),
        }
    }
}

/// A message to send, and metadata to send along; any message is one without metadata.
#[derive(Clone, Debug)]
pub struct Request<T> {
    message: T,
    metadata: Metadata,
}

impl<T> Request<T> {
    /// A message with metadata.
    pub fn new(message: T, metadata: Metadata) -> Self {
        Self { message, metadata }
    }
}

impl<T> From<T> for Request<T> {
    fn from(message: T) -> Self {
        Self::new(message, Metadata::new())
    }
}

/// An answer with what came along: metadata, and the node that gave it.
#[derive(Debug)]
pub struct Response<T> {
    message: T,
    headers: LazyMetadata,
    trailers: LazyMetadata,
    node: Option<Arc<Node>>,
}

impl<T> Response<T> {
    /// The message or stream.
    pub fn message(&self) -> &T {
        &self.message
    }

    /// The message or stream, by itself.
    pub fn into_message(self) -> T {
        self.message
    }

    /// The metadata that came before the message.
    pub fn headers(&self) -> &Metadata {
        self.headers.get()
    }

    /// The metadata that came after the message; a stream's come with its end, from the stream.
    pub fn trailers(&self) -> &Metadata {
        self.trailers.get()
    }

    /// The node that answered; `None` in process.
    pub fn node(&self) -> Option<&Node> {
        self.node.as_deref()
    }
}
