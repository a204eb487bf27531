//! gRPC on a server: requests into calls, answers into responses.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use tokio::time::{Instant, Sleep};

use super::super::exchange::{Body, BodyStream, Fields, Pending, Piece, Request, Response};
use super::super::metadata;
use super::super::protocol::{Protocol, Served};
use super::super::work::{Work, deadline_in};
use super::frame::{MessageReader, PREFIX, poll_batch, write_prefix};
use super::{CONTENT_TYPE, codec_name, status, timeout};
use crate::codec::Codec;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::metadata::Metadata;
use crate::transport::{
    Answer, Handle, Incoming, Limits, Message, MessageSource, Outgoing, Reply, Route, ServerCall,
    encode_behind,
};

/// gRPC over HTTP/2.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Grpc;

impl Protocol for Grpc {
    fn accepts(&self, request: &Request) -> bool {
        let content_type = request.fields.text("content-type");
        request.method == http::Method::POST
            && content_type.and_then(codec_name).is_some()
            // Nothing older carries trailers to where they are needed.
            && request.version == http::Version::HTTP_2
    }

    fn serve(&self, request: Request, served: &Served) -> Pending {
        match prepare(request, &*served.handler) {
            Err(error) => Pending::Ready(failed(CONTENT_TYPE, &error, &Metadata::new(), None)),
            Ok((route, call)) => {
                let work = Work::begin(served, call.context.clone());
                let content_type = content_type(&*call.codec);
                let answer = served.handler.handle(route, call);
                Pending::Later(Box::pin(Responding { work, content_type }.respond(answer)))
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
    Ok(deadline_in(timeout))
}

fn content_type(codec: &dyn Codec) -> &'static str {
    match codec.name() {
        "proto" => "application/grpc+proto",
        "json" => "application/grpc+json",
        // Clients take the bare type as "the codec that was asked for".
        _ => CONTENT_TYPE,
    }
}

/// What a call's response is made from, beside the handler's answer.
struct Responding {
    work: Work,
    content_type: &'static str,
}

impl Responding {
    /// Waits for the handler's answer, until the deadline, and says it.
    async fn respond(mut self, answer: Answer) -> Response {
        match self.work.answer(answer).await {
            Err(error) => {
                let response = self.failed(&error);
                self.work.finish();
                response
            }
            Ok(Reply::Many(messages)) => self.many(messages),
            Ok(Reply::One(message)) => match framed(&message, self.work.limits()) {
                Ok(data) => self.one(data),
                Err(error) => self.failed(&error),
            },
        }
    }

    fn one(mut self, data: Bytes) -> Response {
        self.work.finish();
        let mut trailers = Fields::with_capacity(1);
        status::write_ok(&mut trailers, &self.work.take_trailers());
        let fields = head(self.content_type, &self.work.take_headers());
        Response::new(http::StatusCode::OK, fields, Body::full(data, Some(trailers)))
    }

    fn many(self, messages: Outgoing) -> Response {
        let Self { work, content_type } = self;
        let expiry = work.deadline().map(|at| Box::pin(tokio::time::sleep_until(at)));
        let fields = head(content_type, &work.take_headers());
        let replies = Replies { messages, work, expiry, last: None };
        Response::new(http::StatusCode::OK, fields, Body::stream(replies))
    }

    fn failed(&self, error: &Error) -> Response {
        let headers = self.work.take_headers();
        let headers = if headers.is_empty() { None } else { Some(&headers) };
        failed(self.content_type, error, &self.work.take_trailers(), headers)
    }
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
    work: Work,
    expiry: Option<Pin<Box<Sleep>>>,
    last: Option<Result<()>>,
}

impl BodyStream for Replies {
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Piece>>> {
        if self.work.is_over() {
            return Poll::Ready(None);
        }
        if let Some(end) = self.last.take() {
            return Poll::Ready(Some(Ok(self.finish(end))));
        }
        if self.expiry.as_mut().is_some_and(|expiry| expiry.as_mut().poll(cx).is_ready()) {
            let late = self.work.expire();
            return Poll::Ready(Some(Ok(self.finish(Err(late)))));
        }
        let limits = self.work.limits();
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
        self.work.finish();
        let trailers = self.work.take_trailers();
        let mut fields = Fields::with_capacity(1 + trailers.len());
        match end {
            Ok(()) => status::write_ok(&mut fields, &trailers),
            Err(error) => status::write_error(&mut fields, &error, &trailers),
        }
        Piece::Trailers(fields)
    }
}
