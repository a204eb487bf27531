//! From a call with bytes to a handler's typed method, and back.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

use crate::codec::Payload;
use crate::context::Context;
use crate::descriptor::ServiceDesc;
use crate::error::{Code, Error, Result};
use crate::streaming::{Encoded, Streaming, decode};
use crate::transport::{Answer, Message, Reply, ServerCall};

/// A service that can be called by the number of a method: what the generated `…Server` types are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no server of a service",
    label = "wanted a generated server",
    note = "put the handler into the server that is generated for its service: `.handle(GreeterServer::new(handler))`"
)]
pub trait Dispatch: Send + Sync + 'static {
    /// The service's names and methods.
    fn descriptor(&self) -> &'static ServiceDesc;

    /// Answers a call to the method at index `method` of the descriptor.
    fn dispatch(&self, method: usize, call: ServerCall) -> Answer;
}

/// Answers a call of a unary method with a handler's method.
pub fn unary<Q, P, F, Fut>(call: ServerCall, handler: F) -> Answer
where
    Q: Payload + Default,
    P: Payload,
    F: FnOnce(Context, Q) -> Fut + Send + 'static,
    Fut: Future<Output = Result<P>> + Send + 'static,
{
    Answer::Later(Box::pin(async move {
        let ServerCall { context, codec, mut messages } = call;
        let request = decode::<Q>(&*codec, messages.only().await?, Code::InvalidArgument)?;
        let response = run(context.clone(), handler(context, request)).await?;
        Ok(Reply::One(Message::new(Arc::new(response), codec)))
    }))
}

/// Answers a call of a server-streaming method with a handler's method.
pub fn server_stream<Q, P, F, Fut>(call: ServerCall, handler: F) -> Answer
where
    Q: Payload + Default,
    P: Payload,
    F: FnOnce(Context, Q) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Streaming<P>>> + Send + 'static,
{
    Answer::Later(Box::pin(async move {
        let ServerCall { context, codec, mut messages } = call;
        let request = decode::<Q>(&*codec, messages.only().await?, Code::InvalidArgument)?;
        let responses = run(context.clone(), handler(context.clone(), request)).await?;
        Ok(Reply::Many(Box::pin(Encoded::<_, P>::new(responses, codec, Some(context)))))
    }))
}

/// Answers a call of a client-streaming method with a handler's method.
pub fn client_stream<Q, P, F, Fut>(call: ServerCall, handler: F) -> Answer
where
    Q: Payload + Default,
    P: Payload,
    F: FnOnce(Context, Streaming<Q>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<P>> + Send + 'static,
{
    Answer::Later(Box::pin(async move {
        let ServerCall { context, codec, messages } = call;
        let requests = Streaming::received(messages, Arc::clone(&codec), Code::InvalidArgument);
        let response = run(context.clone(), handler(context, requests)).await?;
        Ok(Reply::One(Message::new(Arc::new(response), codec)))
    }))
}

/// Answers a call of a bidirectional method with a handler's method.
pub fn bidi<Q, P, F, Fut>(call: ServerCall, handler: F) -> Answer
where
    Q: Payload + Default,
    P: Payload,
    F: FnOnce(Context, Streaming<Q>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Streaming<P>>> + Send + 'static,
{
    Answer::Later(Box::pin(async move {
        let ServerCall { context, codec, messages } = call;
        let requests = Streaming::received(messages, Arc::clone(&codec), Code::InvalidArgument);
        let responses = run(context.clone(), handler(context.clone(), requests)).await?;
        Ok(Reply::Many(Box::pin(Encoded::<_, P>::new(responses, codec, Some(context)))))
    }))
}

/// The answer to a method number that the service does not have.
#[must_use]
pub fn unknown_method(method: usize) -> Answer {
    Answer::Ready(Err(Error::unimplemented(format!("this service has no method number {method}"))))
}

/// Runs the future of a handler, or of middleware around it, in its call's context; a panic fails the
/// call, not the service.
pub(crate) async fn run<T>(context: Context, future: impl Future<Output = Result<T>>) -> Result<T> {
    let mut future = std::pin::pin!(context.scope(future));
    std::future::poll_fn(|cx| match catch_panic(|| future.as_mut().poll(cx)) {
        Ok(poll) => poll,
        Err(error) => Poll::Ready(Err(error)),
    })
    .await
}

/// Calls a handler's code; a panic becomes an error, and its text stays in this process's log.
pub(crate) fn catch_panic<T>(call: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let text = panic_text(&*panic);
        tracing::error!(panic = text, "a handler panicked");
        Error::internal("the handler panicked; the log of its node says why")
            .with_fact("panic", text.to_owned())
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "no text",
    }
}
