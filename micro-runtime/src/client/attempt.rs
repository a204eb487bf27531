//! From a call to its answer: a node, a connection, a message; and again elsewhere where that is safe.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::directory::{Directory, Pick};
use super::node::Slot;
use super::request::{Outbound, Resendable};
use super::retry::Retries;
use super::{Client, Settings, Target, Way};
use crate::BoxFuture;
use crate::codec::Codec;
use crate::context::Context;
use crate::descriptor::{Kind, Method};
use crate::error::{Code, Error, Reach, Result};
use crate::metadata::{LazyMetadata, Metadata};
use crate::middleware::{Content, Invocation, Reply};
use crate::registry::Node;
use crate::selector::Filter;
use crate::transport::{CallHead, Connection, Incoming, MessageSource};

/// All that is known of a call before it is sent.
pub(super) struct Plan {
    pub(super) target: Target,
    pub(super) method: Method,
    pub(super) request: Outbound,
    pub(super) metadata: Metadata,
    pub(super) timeout: Option<Duration>,
    pub(super) filter: Option<Filter>,
    pub(super) retries: Option<u32>,
    pub(super) repeatable: bool,
    pub(super) invalid: Option<Error>,
    pub(super) parent: Option<Context>,
}

/// The answer to a call, still encoded.
pub(crate) struct Answered {
    pub(super) headers: LazyMetadata,
    pub(super) body: Body,
    pub(super) codec: Arc<dyn Codec>,
    pub(super) node: Option<Arc<Node>>,
}

pub(super) enum Body {
    One(Bytes, LazyMetadata),
    Many(Incoming),
}

impl Answered {
    /// The metadata that came before the message.
    pub(crate) fn headers(&self) -> &Metadata {
        self.headers.get()
    }
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered").field("node", &self.node).finish_non_exhaustive()
    }
}

/// Sends a call through the client's middleware and waits for its answer.
pub(super) async fn execute(mut plan: Plan) -> Result<Answered> {
    if let Some(error) = plan.invalid.take() {
        return Err(error.with_reach(Reach::NotSent));
    }
    if plan.target.service.is_empty() {
        let text = "the client has no name to ask for: give it the one that the service has";
        return Err(Error::invalid_argument(text).with_reach(Reach::NotSent));
    }
    let parent = plan.parent.clone();
    let Some(parent) = parent else { return run(plan).await };
    tokio::select! {
        biased;
        answered = run(plan) => answered,
        () = parent.cancelled() => {
            Err(Error::cancelled("the call that this one was made for was given up"))
        }
    }
}

async fn run(mut plan: Plan) -> Result<Answered> {
    let client = plan.target.client.clone();
    let settings = &client.0.settings;
    let limits = TimeLimits::of(&plan, settings);
    let mut metadata = std::mem::take(&mut plan.metadata);
    if let Some(parent) = &plan.parent {
        inherit(&mut metadata, parent.metadata(), &settings.forward)?;
    }
    if settings.chain.is_empty() {
        return Attempts::new(plan, limits, metadata).run().await;
    }
    let service = Arc::clone(&plan.target.service);
    let invocation = Invocation::client(service, plan.method.clone(), metadata, limits.call);
    let last = move |invocation: Invocation| -> BoxFuture<Result<Reply>> {
        let attempts = Attempts::new(plan, limits, invocation.into_metadata());
        Box::pin(async move { Ok(Reply(Content::Called(attempts.run().await?))) })
    };
    match settings.chain.run(invocation, last).await?.0 {
        Content::Called(answered) => Ok(answered),
        Content::Handled(_) => Err(Error::internal(
            "client middleware answered with a server's reply: give back what next.run gave",
        )),
    }
}

/// A deadline that passed in the middle of an attempt says what went wrong in the one before.
fn out_of_time_after(error: Error, before: Option<Error>) -> Error {
    match before {
        Some(before) if error.code() == Code::DeadlineExceeded && error.is_local() => {
            error.with_fact("before that", before.message().to_owned()).with_cause(before)
        }
        _ => error,
    }
}

/// Adds what a call made while handling another passes on, unless the caller set it.
pub(super) fn inherit(metadata: &mut Metadata, from: &Metadata, keys: &[String]) -> Result<()> {
    for key in keys.iter().filter(|key| metadata.get_bytes(key).is_none()).collect::<Vec<_>>() {
        for value in from.get_all_bytes(key) {
            metadata.append(key.clone(), value.clone())?;
        }
    }
    Ok(())
}

/// How long the parts of a call may take.
#[derive(Clone, Copy)]
struct TimeLimits {
    started: Instant,
    /// The whole call, streams included: what the peer is told.
    call: Option<Instant>,
    /// Until a node is found and connected.
    connect: Instant,
    /// Until the answer begins.
    answer: Option<Instant>,
}

impl TimeLimits {
    fn of(plan: &Plan, settings: &Settings) -> Self {
        let started = Instant::now();
        let inherited = plan.parent.as_ref().and_then(Context::deadline);
        // A limit that the clock cannot hold is as good as a very long one.
        let by_default = started
            .checked_add(settings.timeout)
            .unwrap_or_else(|| started + Duration::from_secs(u32::MAX.into()));
        let own = match (plan.timeout, plan.method.kind()) {
            (Some(timeout), _) => started.checked_add(timeout),
            (None, Kind::Unary) => Some(by_default),
            (None, _) => None,
        };
        let call = own.into_iter().chain(inherited).min();
        let answer = match plan.method.kind() {
            // Its answer begins when its requests have ended, however long they take.
            Kind::ClientStream => call,
            _ => Some(call.unwrap_or(by_default)),
        };
        Self { started, call, connect: call.unwrap_or(by_default), answer }
    }
}

/// The attempts of one call.
struct Attempts {
    client: Client,
    directory: Option<Arc<Directory>>,
    service: Arc<str>,
    method: Method,
    filter: Option<Filter>,
    metadata: Metadata,
    limits: TimeLimits,
    retries: Retries,
    request: Resendable,
    parent: Option<Context>,
    tried: Vec<Arc<Slot>>,
}

impl Attempts {
    fn new(plan: Plan, limits: TimeLimits, metadata: Metadata) -> Self {
        let client = plan.target.client;
        let settings = &client.0.settings;
        let filter = match (plan.filter, settings.filter.clone()) {
            (Some(own), Some(general)) => Some(general.and(own)),
            (own, general) => own.or(general),
        };
        let retries = plan.retries.unwrap_or(settings.retries);
        let retries = Retries::new(retries, &plan.method, plan.repeatable);
        let request = Resendable::new(plan.request, &settings.codec);
        let (directory, service) = (plan.target.directory, plan.target.service);
        let (method, parent, tried) = (plan.method, plan.parent, Vec::new());
        Self {
            client,
            directory,
            service,
            method,
            filter,
            metadata,
            limits,
            retries,
            request,
            parent,
            tried,
        }
    }

    async fn run(mut self) -> Result<Answered> {
        self.client.0.budget.earn();
        if self.limits.call.is_some_and(|deadline| deadline <= Instant::now()) {
            let error =
                Error::deadline_exceeded("the deadline had passed before the call was sent");
            return Err(self.explain(error.with_reach(Reach::NotSent), None));
        }
        let mut before = None;
        loop {
            let error = match self.attempt().await {
                Ok(answered) => return Ok(answered),
                Err(error) => out_of_time_after(error, before.take()),
            };
            let Some(pause) = self.retries.after(&error, &self.client.0.budget) else {
                return Err(error);
            };
            let next = Instant::now() + pause;
            // Whatever it waits for after that, it needs a node first.
            if self.request.is_spent() || self.limits.connect <= next {
                return Err(error);
            }
            tracing::debug!(%error, "sending a call again");
            tokio::time::sleep_until(next).await;
            before = Some(error);
        }
    }

    /// One attempt, on a node that was not tried yet if there is one.
    async fn attempt(&mut self) -> Result<Answered> {
        let Some(directory) = self.directory.clone() else {
            let Way::Direct(connection) = &self.client.0.way else {
                return Err(Error::internal("a client has neither a registry nor a handler"));
            };
            let connection = Arc::clone(connection);
            let sent = self.send(&connection).await;
            return sent.map_err(|error| self.explain(error, None));
        };
        let picked = directory.pick(self.filter.as_ref(), &self.tried, Some(self.limits.connect));
        let mut pick = picked.await.map_err(|error| self.explain(error, None))?;
        self.tried.push(Arc::clone(pick.slot()));
        match self.call(&directory, &mut pick).await {
            Ok(mut answered) => {
                answered.node = Some(Arc::clone(pick.slot().node()));
                self.follow(&mut answered, Some(pick));
                Ok(answered)
            }
            Err(error) => Err(self.explain(error, Some(pick.slot().node()))),
        }
    }

    async fn call(&self, directory: &Directory, pick: &mut Pick) -> Result<Answered> {
        let connected = self.client.0.clock.limit(self.limits.connect, directory.connect(pick));
        let connection = connected.await.unwrap_or_else(|| {
            let error =
                Error::deadline_exceeded("the deadline passed before there was a connection");
            Err(error.with_reach(Reach::NotSent))
        })?;
        let sent = self.send(&connection).await;
        match &sent {
            Err(error) if error.reach() != Reach::Answered => {
                directory.failed(pick, &connection, error.reach());
            }
            Ok(_) | Err(_) => pick.answered(),
        }
        sent
    }

    async fn send(&self, connection: &Arc<dyn Connection>) -> Result<Answered> {
        let answer = self.exchange(connection);
        let answered = match self.limits.answer {
            None => answer.await,
            Some(deadline) => {
                tokio::time::timeout_at(deadline, answer).await.unwrap_or_else(|_| {
                    let waited = deadline - self.limits.started;
                    let text =
                        format!("no answer within {waited:.1?}: its timeout, or its caller's deadline, allows no more");
                    Err(Error::deadline_exceeded(text).with_reach(Reach::Lost))
                })
            }
        };
        // The caller's own stream failed: that is why the call did, whatever the peer made of it.
        answered.map_err(|error| self.request.failure().unwrap_or(error))
    }

    async fn exchange(&self, connection: &Arc<dyn Connection>) -> Result<Answered> {
        let settings = &self.client.0.settings;
        let codec = Arc::clone(&settings.codec);
        let head = CallHead {
            service: Arc::clone(&self.service),
            method: self.method.clone(),
            codec: Arc::clone(&codec),
            deadline: self.limits.call,
            metadata: self.metadata.clone(),
            limits: settings.limits,
        };
        if self.method.kind() == Kind::Unary
            && let Some(message) = self.request.message()
        {
            let reply = connection.unary(head, message).await?;
            let body = Body::One(reply.message, reply.trailers);
            return Ok(Answered { headers: reply.headers, body, codec, node: None });
        }
        let mut reply = connection.stream(head, self.request.messages()).await?;
        let body = match self.method.kind() {
            Kind::ServerStream | Kind::Bidi => Body::Many(reply.messages),
            Kind::Unary | Kind::ClientStream => {
                let message = reply.messages.only().await?;
                Body::One(message, reply.messages.trailers().into())
            }
        };
        Ok(Answered { headers: reply.headers, body, codec, node: None })
    }

    /// Keeps deadline, cancellation and bookkeeping over the messages of an answer that is a stream.
    fn follow(&self, answered: &mut Answered, pick: Option<Pick>) {
        let Body::Many(incoming) = &mut answered.body else { return };
        let parent = self.parent.clone();
        let followed = Followed {
            incoming: std::mem::replace(incoming, Incoming::one(Bytes::new())),
            expiry: self.limits.call.map(|at| Box::pin(tokio::time::sleep_until(at))),
            parent: parent.map(|parent| -> BoxFuture<()> {
                Box::pin(async move { parent.cancelled().await })
            }),
            request: self.request.clone(),
            service: Arc::clone(&self.service),
            method: self.method.clone(),
            pick,
        };
        *incoming = Incoming::new(followed);
    }

    fn explain(&self, error: Error, node: Option<&Arc<Node>>) -> Error {
        let error = explain(error, &self.service, &self.method, node);
        match self.tried.len() {
            0 | 1 => error,
            attempt => error.with_fact("attempt", attempt.to_string()),
        }
    }
}

/// Adds the facts of a call to its error.
fn explain(error: Error, service: &str, method: &Method, node: Option<&Arc<Node>>) -> Error {
    let error = error
        .with_fact("service", service.to_owned())
        .with_fact("method", method.endpoint().to_owned());
    match node {
        None => error,
        Some(node) => {
            error.with_fact("node", node.id.clone()).with_fact("address", node.address.to_string())
        }
    }
}

/// The messages of an answer, within the call's deadline.
struct Followed {
    incoming: Incoming,
    expiry: Option<Pin<Box<tokio::time::Sleep>>>,
    parent: Option<BoxFuture<()>>,
    request: Resendable,
    service: Arc<str>,
    method: Method,
    pick: Option<Pick>,
}

impl MessageSource for Followed {
    fn poll_message(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes>>> {
        let next = match self.incoming.poll_message(cx) {
            Poll::Ready(next) => next,
            Poll::Pending => match self.poll_given_up(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(error) => Some(Err(error)),
            },
        };
        Poll::Ready(next.map(|message| {
            message.map_err(|error| {
                let error = self.request.failure().unwrap_or(error);
                let node = self.pick.as_ref().map(|pick| pick.slot().node());
                explain(error, &self.service, &self.method, node)
            })
        }))
    }

    fn trailers(&mut self) -> Metadata {
        self.incoming.trailers()
    }
}

impl Followed {
    fn poll_given_up(&mut self, cx: &mut TaskContext<'_>) -> Poll<Error> {
        if self.expiry.as_mut().is_some_and(|expiry| expiry.as_mut().poll(cx).is_ready()) {
            return Poll::Ready(Error::deadline_exceeded(
                "the deadline passed before the stream ended",
            ));
        }
        if self.parent.as_mut().is_some_and(|parent| parent.as_mut().poll(cx).is_ready()) {
            return Poll::Ready(Error::cancelled(
                "the call that this one was made for was given up",
            ));
        }
        Poll::Pending
    }
}
