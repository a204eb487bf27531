//! gRPC on a server: requests into calls, answers into responses.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use tokio::time::{Instant, Sleep};

use super::super::exchange::{Body, BodyStream, Fields, Pending, Piece, Request, Response};
use super::super::protocol::{Call, Protocol, Served};
use super::frame::{MessageReader, PREFIX, poll_batch, write_prefix};
use super::{CONTENT_TYPE, codec_name, metadata, status, timeout};
use crate::clock::Clock;
use crate::codec::Codec;
use crate::context::{CallGuard, Context};
use crate::error::{Error, Result};
use crate::metadata::Metadata;
use crate::transport::{
    Answer, Handle, Incoming, Limits, Message, MessageSource, Outgoing, Reply, Route, ServerCall,
    encode_behind,
};

/// gRPC over HTTP/2.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Grpc {
    clock: Arc<Clock>,
}

impl Protocol for Grpc {
    fn accepts(&self, request: &Request) -> bool {
        let content_type = request.fields.text("content-type");
        request.method == http::Method::POST && content_type.and_then(codec_name).is_some()
    }

    fn serve(&self, request: Request, served: &Served) -> Pending {
        let handler = &served.handler;
        match prepare(request, &**handler) {
            Err(error) => Pending::Ready(failed(CONTENT_TYPE, &error, &Metadata::new(), None)),
            Ok((route, call)) => {
                let (context, content_type) = (call.context.clone(), content_type(&*call.codec));
                let guard = Guard { context: context.guard(), _call: served.call() };
                let (limits, clock) = (handler.limits(), Arc::clone(&self.clock));
                let answer = handler.handle(route, call);
                let responding = Responding { context, guard, content_type, limits };
                Pending::Later(Box::pin(responding.respond(answer, clock)))
            }
        }
    }
}

/// Reads a request's head: which method is called, how, and by when.
fn prepare(request: Request, handler: &dyn Handle) -> Result<(Route, ServerCall)> {
    let route = handler.route(request.path.path())?;
    let fields = request.fields;
    let name = fields.text("content-type").and_then(codec_name).unwrap_or_default();
    let codec = handler.codecs().named(name)?;
    let codec = Arc::clone(codec);
    let deadline = fields.text("grpc-timeout").map(deadline).transpose()?;
    let context = Context::new(metadata::lazy(fields), deadline, request.peer);
    let reader = MessageReader::new(request.body, handler.limits());
    Ok((route, ServerCall::new(context, codec, Incoming::new(Requests(reader)))))
}

fn deadline(header: &str) -> Result<Instant> {
    let timeout = timeout::parse(header).ok_or_else(|| {
        Error::invalid_argument(format!(
            "grpc-timeout {header:?} is none: wanted up to 8 digits and one of n, u, m, S, M, H"
        ))
    })?;
    let now = Instant::now();
    // A timeout of many years is as good as the longest one that the clock can hold.
    Ok(now
        .checked_add(timeout)
        .unwrap_or_else(|| now + std::time::Duration::from_secs(u32::MAX.into())))
}

fn content_type(codec: &dyn Codec) -> &'static str {
    match codec.name() {
        "proto" => "application/grpc+proto",
        "json" => "application/grpc+json",
        // Clients take the bare type as "the codec that was asked for".
        _ => CONTENT_TYPE,
    }
}

/// A call until its end: dropped before, it cancels the handler's context.
struct Guard {
    context: CallGuard,
    _call: Call,
}

/// What a call's response is made from, beside the handler's answer.
struct Responding {
    context: Context,
    guard: Guard,
    content_type: &'static str,
    limits: Limits,
}

impl Responding {
    /// Waits for the handler's answer, until the deadline, and says it.
    async fn respond(self, answer: Answer, clock: Arc<Clock>) -> Response {
        let answered = match self.context.deadline() {
            None => Some(answer.await),
            Some(deadline) => clock.limit(deadline, answer).await,
        };
        match answered {
            // The handler was dropped, and the guard tells what it has spawned.
            None => self.failed(&too_late()),
            Some(Err(error)) => {
                let response = self.failed(&error);
                self.guard.context.finish();
                response
            }
            Some(Ok(Reply::Many(messages))) => self.many(messages),
            Some(Ok(Reply::One(message))) => match framed(&message, self.limits) {
                Ok(data) => self.one(data),
                Err(error) => self.failed(&error),
            },
        }
    }

    fn one(self, data: Bytes) -> Response {
        self.guard.context.finish();
        let mut trailers = Fields::with_capacity(1);
        status::write_ok(&mut trailers, &self.context.take_trailers());
        let fields = head(self.content_type, &self.context.take_headers());
        Response::new(http::StatusCode::OK, fields, Body::full(data, Some(trailers)))
    }

    fn many(self, messages: Outgoing) -> Response {
        let Self { context, guard, content_type, limits } = self;
        let expiry = context.deadline().map(|at| Box::pin(tokio::time::sleep_until(at)));
        let fields = head(content_type, &context.take_headers());
        let replies = Replies { messages, context, guard: Some(guard), expiry, limits, last: None };
        Response::new(http::StatusCode::OK, fields, Body::stream(replies))
    }

    fn failed(&self, error: &Error) -> Response {
        let headers = self.context.take_headers();
        let headers = if headers.is_empty() { None } else { Some(&headers) };
        failed(self.content_type, error, &self.context.take_trailers(), headers)
    }
}

fn too_late() -> Error {
    Error::deadline_exceeded("the caller's deadline passed before the handler had answered")
}

/// One message with its prefix, in one allocation.
pub(super) fn framed(message: &Message, limits: Limits) -> Result<Bytes> {
    let mut out = encode_behind(PREFIX, message, limits)?;
    write_prefix(&mut out, 0)?;
    Ok(out.freeze())
}

fn head(content_type: &'static str, headers: &Metadata) -> Fields {
    let mut fields = Fields::with_capacity(1 + headers.len());
    fields.push_static("content-type", content_type);
    metadata::write(headers, &mut fields);
    fields
}

/// The response to a call that failed: in one block of fields, unless the handler set headers.
fn failed(
    content_type: &'static str,
    error: &Error,
    trailers: &Metadata,
    headers: Option<&Metadata>,
) -> Response {
    let Some(headers) = headers else {
        let mut fields = head(content_type, &Metadata::new());
        status::write_error(&mut fields, error, trailers);
        return Response::new(http::StatusCode::OK, fields, Body::empty());
    };
    let mut fields = Fields::default();
    status::write_error(&mut fields, error, trailers);
    let body = Body::full(Bytes::new(), Some(fields));
    Response::new(http::StatusCode::OK, head(content_type, headers), body)
}

/// A caller's messages.
struct Requests(MessageReader);

impl MessageSource for Requests {
    fn poll_message(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes>>> {
        self.0.poll_next(cx)
    }
}

/// A handler's messages, and how they ended.
struct Replies {
    messages: Outgoing,
    context: Context,
    guard: Option<Guard>,
    expiry: Option<Pin<Box<Sleep>>>,
    limits: Limits,
    last: Option<Result<()>>,
}

impl BodyStream for Replies {
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Piece>>> {
        if self.guard.is_none() {
            return Poll::Ready(None);
        }
        if let Some(end) = self.last.take() {
            return Poll::Ready(Some(Ok(self.finish(end))));
        }
        if self.expiry.as_mut().is_some_and(|expiry| expiry.as_mut().poll(cx).is_ready()) {
            // Not finished: what the handler has spawned is told.
            self.guard = None;
            return Poll::Ready(Some(Ok(self.finish(Err(too_late())))));
        }
        let limits = self.limits;
        let batch = ready!(poll_batch(&mut self.messages, cx, limits));
        self.last = batch.end;
        match self.last.take() {
            Some(end) if batch.data.is_empty() => Poll::Ready(Some(Ok(self.finish(end)))),
            end => {
                self.last = end;
                Poll::Ready(Some(Ok(Piece::Data(batch.data))))
            }
        }
    }
}

impl Replies {
    fn finish(&mut self, end: Result<()>) -> Piece {
        if let Some(guard) = self.guard.take() {
            guard.context.finish();
        }
        let trailers = self.context.take_trailers();
        let mut fields = Fields::with_capacity(1 + trailers.len());
        match end {
            Ok(()) => status::write_ok(&mut fields, &trailers),
            Err(error) => status::write_error(&mut fields, &error, &trailers),
        }
        Piece::Trailers(fields)
    }
}
