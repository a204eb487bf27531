//! gRPC on a client: calls into requests, responses into answers.

use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use http::uri::PathAndQuery;

use super::super::engine::HttpClient;
use super::super::exchange::{Body, BodyStream, Fields, Piece, Request, Response};
use super::super::metadata;
use super::frame::{MessageReader, poll_batch};
use super::server::framed;
use super::{codec_name, status, timeout};
use crate::BoxFuture;
use crate::descriptor::Method;
use crate::error::{Error, Reach, Result};
use crate::metadata::{LazyMetadata, Metadata};
use crate::transport::{
    CallHead, Connection, Incoming, Limits, Message, MessageSource, Outgoing, StreamReply,
    UnaryReply,
};

/// A connection that speaks gRPC.
#[derive(Debug)]
pub(in super::super) struct GrpcConnection {
    http: Arc<dyn HttpClient>,
}

impl GrpcConnection {
    pub(in super::super) fn new(http: Arc<dyn HttpClient>) -> Self {
        Self { http }
    }
}

impl Connection for GrpcConnection {
    fn unary(&self, head: CallHead, message: Message) -> BoxFuture<Result<UnaryReply>> {
        let http = Arc::clone(&self.http);
        Box::pin(async move {
            let limits = head.limits;
            let body =
                framed(&message, limits).map_err(|error| error.with_reach(Reach::NotSent))?;
            let request = request(&head, Body::full(body, None))?;
            let (headers, mut replies) = accept(http.send(request).await?, limits)?;
            let message = only(&mut replies).await?;
            let trailers = replies.trailers.take().map(metadata::lazy).unwrap_or_default();
            Ok(UnaryReply::new(headers, message, trailers))
        })
    }

    fn stream(&self, head: CallHead, messages: Outgoing) -> BoxFuture<Result<StreamReply>> {
        let http = Arc::clone(&self.http);
        Box::pin(async move {
            let limits = head.limits;
            let requests = Requests { messages: Some(messages), limits };
            let request = request(&head, Body::stream(requests))?;
            let (headers, replies) = accept(http.send(request).await?, limits)?;
            Ok(StreamReply::new(headers, Incoming::new(replies)))
        })
    }

    fn is_open(&self) -> bool {
        self.http.is_open()
    }
}

/// The only message of a unary answer; an error that the peer sent goes before one about their number.
async fn only(replies: &mut Replies) -> Result<Bytes> {
    let mut messages = Vec::with_capacity(1);
    while let Some(message) = std::future::poll_fn(|cx| replies.poll_message(cx)).await {
        messages.push(message?);
        if messages.len() > 1 {
            return Err(Error::unimplemented(
                "the peer answered a unary call with several messages",
            ));
        }
    }
    messages
        .pop()
        .ok_or_else(|| Error::unimplemented("the peer answered a unary call without a message"))
}

fn request(head: &CallHead, body: Body) -> Result<Request> {
    let mut fields = Fields::with_capacity(5 + head.metadata.len());
    fields.push_static("te", "trailers");
    match head.codec.name() {
        "proto" => fields.push_static("content-type", "application/grpc+proto"),
        name => drop(fields.push("content-type", format!("application/grpc+{name}"))),
    }
    fields.push_static("user-agent", concat!("micro-rs/", env!("CARGO_PKG_VERSION")));
    if let Some(left) = head.time_left() {
        fields.push("grpc-timeout", timeout::format(left));
    }
    metadata::write(&head.metadata, &mut fields);
    Ok(Request::new(http::Method::POST, path(&head.method)?, body).with_fields(fields))
}

fn path(method: &Method) -> Result<PathAndQuery> {
    if let Some(method) = method.descriptor() {
        return Ok(PathAndQuery::from_static(method.path()));
    }
    PathAndQuery::try_from(method.path()).map_err(|error| {
        Error::invalid_argument(format!("{:?} is no name of a method: {error}", method.path()))
            .with_reach(Reach::NotSent)
    })
}

/// Reads a response's head: an answer to go on with, or the error that it is.
fn accept(response: Response, limits: Limits) -> Result<(LazyMetadata, Replies)> {
    let content_type = response.fields.text("content-type").unwrap_or_default();
    if response.status != http::StatusCode::OK {
        return Err(match status::read(&response.fields) {
            Some(Err(error)) => error,
            _ => status::from_http(response.status),
        });
    }
    if codec_name(content_type).is_none() {
        return Err(Error::unknown(format!(
            "the peer answered {content_type:?}, not application/grpc: is it a gRPC server?"
        )));
    }
    if let Some(Err(error)) = status::read(&response.fields) {
        return Err(error);
    }
    let reader = MessageReader::new(response.body, limits);
    // A call may end well with nothing but its head.
    let ended = response.fields.text("grpc-status").is_some();
    let trailers = ended.then(|| response.fields.clone());
    let replies = Replies { reader, trailers, ended };
    Ok((metadata::lazy(response.fields), replies))
}

/// A caller's messages on their way out.
struct Requests {
    messages: Option<Outgoing>,
    limits: Limits,
}

impl BodyStream for Requests {
    fn poll_piece(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Piece>>> {
        let limits = self.limits;
        let Some(messages) = &mut self.messages else { return Poll::Ready(None) };
        let batch = ready!(poll_batch(messages, cx, limits));
        match batch.end {
            None => Poll::Ready(Some(Ok(Piece::Data(batch.data)))),
            Some(Err(error)) => {
                self.messages = None;
                Poll::Ready(Some(Err(error)))
            }
            Some(Ok(())) => {
                self.messages = None;
                let last =
                    if batch.data.is_empty() { None } else { Some(Ok(Piece::Data(batch.data))) };
                Poll::Ready(last)
            }
        }
    }
}

/// A peer's messages, and how they ended.
struct Replies {
    reader: MessageReader,
    trailers: Option<Fields>,
    ended: bool,
}

impl MessageSource for Replies {
    fn poll_message(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes>>> {
        match ready!(self.reader.poll_next(cx)) {
            Some(Ok(message)) => Poll::Ready(Some(Ok(message))),
            // The peer may have said how the call ended before it reset the stream.
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            None if self.ended => Poll::Ready(None),
            None => {
                self.ended = true;
                self.trailers = self.reader.take_trailers();
                match self.trailers.as_ref().and_then(status::read) {
                    Some(Ok(())) => Poll::Ready(None),
                    Some(Err(error)) => Poll::Ready(Some(Err(error))),
                    None => Poll::Ready(Some(Err(no_status()))),
                }
            }
        }
    }

    fn trailers(&mut self) -> Metadata {
        self.trailers.as_ref().map(metadata::read).unwrap_or_default()
    }
}

fn no_status() -> Error {
    Error::internal("the peer ended the call without saying how it went").with_reach(Reach::Lost)
}
