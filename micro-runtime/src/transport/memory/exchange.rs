//! One call within a process: unary in the caller's own task, streams through bounded channels.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context as TaskContext, Poll};

use bytes::{Bytes, BytesMut};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::Served;
use crate::context::{CallGuard, Context, Peer};
use crate::error::{Error, Reach, Result};
use crate::metadata::{LazyMetadata, Metadata};
use crate::transport::{
    CallHead, Incoming, Limits, Message, MessageSource, Outgoing, Reply, Route, ServerCall,
    StreamReply, UnaryReply, encode_behind,
};

/// Messages that wait between the two sides of a stream, each way.
const WAITING: usize = 16;

/// A call at work, counted until it is dropped.
struct Active {
    server: Arc<Served>,
    _token: TaskTrackerToken,
}

impl Active {
    fn new(server: &Arc<Served>) -> Result<Self> {
        // Counted before it looks: a drain that begins in between waits for it.
        server.active.fetch_add(1, Ordering::AcqRel);
        let active = Self { server: Arc::clone(server), _token: server.tasks.token() };
        if !server.is_open() {
            let error = Error::unavailable(
                "the server is stopping and takes no new calls: ask another node",
            );
            return Err(error.with_reach(Reach::NotSent));
        }
        Ok(active)
    }

    /// What a future resolves to; an error if it was dropped because the server is aborted or the deadline
    /// passed.
    async fn within<F: Future>(&self, deadline: Option<Instant>, work: F) -> Result<F::Output> {
        let expired = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.server.abort.cancelled() => {
                Err(Error::unavailable("the server was stopped").with_reach(Reach::Lost))
            }
            output = work => Ok(output),
            () = expired => Err(Error::deadline_exceeded(
                "the caller's deadline passed before the handler had answered",
            )),
        }
    }

    fn prepare(&self, head: CallHead, messages: Incoming) -> Result<(Route, ServerCall)> {
        let handler = &self.server.handler;
        let route = handler.route(head.method.path())?;
        let name = head.codec.name();
        let codec = handler.codecs().named(name)?;
        let peer = Peer::at(self.server.address.clone());
        let context = Context::new(head.metadata.into(), head.deadline, peer);
        Ok((route, ServerCall::new(context, Arc::clone(codec), messages)))
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.server.active.fetch_sub(1, Ordering::AcqRel);
    }
}

pub(super) async fn unary(
    server: Arc<Served>,
    head: CallHead,
    message: Message,
) -> Result<UnaryReply> {
    let active = Active::new(&server)?;
    let (limits, deadline, theirs) = (head.limits, head.deadline, server.handler.limits());
    let request = encode_behind(0, &message, limits)
        .map_err(|error| error.with_reach(Reach::NotSent))?
        .freeze();
    theirs.check_receive(request.len())?;
    let (route, call) = active.prepare(head, Incoming::one(request))?;
    let context = call.context.clone();
    let guard = context.guard();
    let answer = active.within(deadline, server.handler.handle(route, call)).await;
    let answer = answer.inspect(|_| guard.finish()).and_then(|answer| answer);
    let reply = match answer.and_then(|reply| one(reply, theirs)) {
        Ok(reply) => reply,
        Err(error) => return Err(error.for_caller(context.take_trailers())),
    };
    limits.check_receive(reply.len())?;
    Ok(UnaryReply::new(context.take_headers().into(), reply, context.take_trailers().into()))
}

fn one(reply: Reply, limits: Limits) -> Result<Bytes> {
    match reply {
        Reply::One(message) => encode_behind(0, &message, limits).map(BytesMut::freeze),
        Reply::Many(_) => Err(Error::internal("a unary method answered with a stream")),
    }
}

pub(super) async fn stream(
    server: Arc<Served>,
    head: CallHead,
    messages: Outgoing,
) -> Result<StreamReply> {
    let active = Active::new(&server)?;
    let (ours, theirs) = (head.limits, server.handler.limits());
    let (send_request, requests) = mpsc::channel(WAITING);
    tokio::spawn(pump(messages, ours, send_request));
    let requests = Incoming::new(Received { messages: requests, limits: theirs, trailers: None });
    let (route, call) = active.prepare(head, requests)?;
    let (send_head, head) = oneshot::channel();
    let (send_reply, replies) = mpsc::channel(WAITING);
    let (send_trailers, trailers) = oneshot::channel();
    let ends = Ends { send_head, send_reply, send_trailers };
    server.tasks.spawn(answer(active, route, call, theirs, ends));
    let headers = head.await.unwrap_or_else(|_| Err(lost()))?;
    let replies = Received { messages: replies, limits: ours, trailers: Some(trailers) };
    Ok(StreamReply::new(headers, Incoming::new(replies)))
}

fn lost() -> Error {
    Error::unavailable("the server was stopped").with_reach(Reach::Lost)
}

/// Sends what a stream brings until it ends or nobody receives.
async fn pump(mut messages: Outgoing, limits: Limits, to: mpsc::Sender<Result<Bytes>>) {
    loop {
        let mut buffer = BytesMut::new();
        let next = tokio::select! {
            () = to.closed() => return,
            next = std::future::poll_fn(|cx| messages.as_mut().poll_encode(cx, &mut buffer)) => next,
        };
        let message = match next {
            None => return,
            Some(encoded) => encoded.and_then(|()| {
                limits.check_send(buffer.len())?;
                Ok(buffer.freeze())
            }),
        };
        // The other side sees a failed stream as one that was reset.
        let reset = |_| Error::cancelled("the caller's stream failed").with_reach(Reach::Lost);
        let failed = message.is_err();
        if to.send(message.map_err(reset)).await.is_err() || failed {
            return;
        }
    }
}

/// Where the server's task sends the parts of an answer.
struct Ends {
    send_head: oneshot::Sender<Result<LazyMetadata>>,
    send_reply: mpsc::Sender<Result<Bytes>>,
    send_trailers: oneshot::Sender<Metadata>,
}

async fn answer(active: Active, route: Route, call: ServerCall, limits: Limits, mut ends: Ends) {
    let context = call.context.clone();
    let guard = context.guard();
    let answer = active.within(context.deadline(), active.server.handler.handle(route, call));
    let reply = tokio::select! {
        // The caller dropped the call: so is the handler's future, and its context is cancelled.
        () = ends.send_head.closed() => return,
        reply = answer => reply,
    };
    let error = match reply {
        Ok(Ok(reply)) => return stream_answer(active, context, guard, reply, limits, ends).await,
        Ok(Err(error)) => {
            guard.finish();
            error
        }
        Err(given_up) => given_up,
    };
    // The caller may be gone.
    let _ = ends.send_head.send(Err(error.for_caller(context.take_trailers())));
}

/// Sends a handler's answer: its head, its messages, and how they ended.
async fn stream_answer(
    active: Active,
    context: Context,
    guard: CallGuard,
    reply: Reply,
    limits: Limits,
    ends: Ends,
) {
    if ends.send_head.send(Ok(context.take_headers().into())).is_err() {
        return;
    }
    let sent = active.within(context.deadline(), replies(reply, limits, &ends.send_reply)).await;
    // The handler is done unless it was stopped, by its caller or from here.
    match sent {
        Ok(Ok(true) | Err(_)) => guard.finish(),
        Ok(Ok(false)) | Err(_) => drop(guard),
    }
    let trailers = context.take_trailers();
    if let Err(error) = sent.and_then(|sent| sent) {
        let error = error.for_caller(trailers.clone());
        // The caller may have stopped receiving.
        let _ = ends.send_reply.send(Err(error)).await;
    }
    let _ = ends.send_trailers.send(trailers);
}

/// Sends a handler's messages; `false` if the caller stopped receiving.
async fn replies(reply: Reply, limits: Limits, to: &mpsc::Sender<Result<Bytes>>) -> Result<bool> {
    let mut messages = match reply {
        Reply::Many(messages) => messages,
        Reply::One(message) => {
            let message = encode_behind(0, &message, limits)?.freeze();
            return Ok(to.send(Ok(message)).await.is_ok());
        }
    };
    loop {
        let mut buffer = BytesMut::new();
        let next = tokio::select! {
            () = to.closed() => return Ok(false),
            next = std::future::poll_fn(|cx| messages.as_mut().poll_encode(cx, &mut buffer)) => next,
        };
        match next {
            None => return Ok(true),
            Some(encoded) => encoded?,
        }
        limits.check_send(buffer.len())?;
        if to.send(Ok(buffer.freeze())).await.is_err() {
            return Ok(false);
        }
    }
}

/// Messages out of a channel.
struct Received {
    messages: mpsc::Receiver<Result<Bytes>>,
    limits: Limits,
    trailers: Option<oneshot::Receiver<Metadata>>,
}

impl MessageSource for Received {
    fn poll_message(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes>>> {
        self.messages.poll_recv(cx).map(|next| {
            next.map(|message| {
                let message = message?;
                self.limits.check_receive(message.len())?;
                Ok(message)
            })
        })
    }

    fn trailers(&mut self) -> Metadata {
        let sent = self.trailers.as_mut().and_then(|trailers| trailers.try_recv().ok());
        sent.unwrap_or_default()
    }
}
