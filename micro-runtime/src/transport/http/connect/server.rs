//! Connect on a server: requests into calls, answers into responses.

use super::super::exchange::{Body, Fields, Pending, Request, Response};
use super::super::metadata;
use super::super::protocol::Served;
use super::super::work::Work;
use super::message::read_past;
use super::{call, content_type, error};
use crate::error::{Error, Result};
use crate::transport::{Answer, Reply, encode_behind};

/// What the names of metadata behind a message begin with: unary calls have no trailer fields.
const TRAILER: &str = "trailer-";

/// Connect's unary calls, and what anything that is no call is told.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Connect;

impl Connect {
    /// Answers a request that is no other protocol's.
    pub(in super::super) fn serve(self, mut request: Request, served: &Served) -> Pending {
        match call::read(&mut request, &*served.handler) {
            Err(refusal) if request.body.is_end() => Pending::Ready(refusal.into()),
            Err(refusal) => Pending::Later(Box::pin(async move {
                read_past(request.body, request.version).await;
                refusal.into()
            })),
            Ok((route, call)) => {
                let work = Work::begin(served, call.context.clone());
                let codec = call.codec.name();
                let answer = served.handler.handle(route, call);
                Pending::Later(Box::pin(respond(work, answer, codec)))
            }
        }
    }
}

/// Waits for the handler's answer, until the deadline, and says it.
async fn respond(mut work: Work, answer: Answer, codec: &'static str) -> Response {
    let answered = work.answer(answer).await.and_then(|reply| written(reply, &work));
    work.finish();
    let mut fields = Fields::with_capacity(2);
    metadata::write(&work.take_headers(), &mut fields);
    metadata::write_behind(TRAILER, &work.take_trailers(), &mut fields);
    match answered {
        Ok(body) => {
            match codec {
                "json" => fields.push_static("content-type", "application/json"),
                other => drop(fields.push("content-type", content_type(other))),
            }
            Response::new(http::StatusCode::OK, fields, body)
        }
        Err(error) => {
            metadata::write_behind(TRAILER, error.trailers(), &mut fields);
            error::response(error::status(error.code()), fields, &error)
        }
    }
}

fn written(reply: Reply, work: &Work) -> Result<Body> {
    match reply {
        Reply::One(message) => {
            let message = encode_behind(0, &message, work.limits())?;
            Ok(Body::full(message.freeze(), None))
        }
        Reply::Many(_) => Err(Error::internal("a unary method answered with a stream")),
    }
}
