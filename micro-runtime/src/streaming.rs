//! Streams of typed messages, for handlers and callers alike.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use bytes::BytesMut;
use futures_core::Stream;

use crate::codec::{Codec, Payload};
use crate::context::Context;
use crate::dispatch::catch_panic;
use crate::error::{Code, Error, Result, WithCode};
use crate::metadata::Metadata;
use crate::transport::{Incoming, MessageStream};

mod channel;

pub use channel::{Sender, channel};

/// A stream of messages that ends cleanly, or with an error.
///
/// Handlers return one and get one; callers get one. It is a [`Stream`], and [`message`](Self::message)
/// reads one message after the other without any stream library. Dropping it cancels the call.
///
/// ```
/// use micro_runtime::{Result, Streaming};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let mut numbers = Streaming::from_items([1, 2, 3]);
/// while let Some(number) = numbers.message().await? {
///     println!("{number}");
/// }
/// # Ok(()) }
/// ```
#[must_use = "a stream does nothing until it is read; dropping it cancels the call"]
pub struct Streaming<T>(Source<T>);

enum Source<T> {
    Stream(Pin<Box<dyn Stream<Item = Result<T>> + Send>>),
    Received(Received<T>),
    Ended(Metadata),
}

struct Received<T> {
    incoming: Incoming,
    codec: Arc<dyn Codec>,
    decode: fn(&dyn Codec, bytes::Bytes, Code) -> Result<T>,
    blame: Code,
}

impl<T> Streaming<T> {
    /// A stream of messages from any stream; an error ends it.
    pub fn new(stream: impl Stream<Item = Result<T>> + Send + 'static) -> Self {
        Self(Source::Stream(Box::pin(stream)))
    }

    /// A stream of messages that are known already.
    pub fn from_items<I>(items: I) -> Self
    where
        I: IntoIterator<Item = T, IntoIter: Send + 'static>,
    {
        Self::new(Items(items.into_iter()))
    }

    /// The next message; `None` is the clean end.
    ///
    /// Dropping the future loses no message.
    ///
    /// # Errors
    /// What ended the stream; it is over then.
    pub async fn message(&mut self) -> Result<Option<T>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await.transpose()
    }

    /// The metadata that the other side sent after its last message; empty before the end.
    #[must_use]
    pub fn trailers(&self) -> Metadata {
        match &self.0 {
            Source::Ended(trailers) => trailers.clone(),
            Source::Stream(_) | Source::Received(_) => Metadata::new(),
        }
    }
}

impl<T: Payload + Default> Streaming<T> {
    /// The messages of a transport, decoded; one that cannot be ends the stream with the code `blame`.
    pub(crate) fn received(incoming: Incoming, codec: Arc<dyn Codec>, blame: Code) -> Self {
        Self(Source::Received(Received { incoming, codec, decode: decode::<T>, blame }))
    }
}

/// Decodes one message; bytes that are none are an error with the code `blame`.
pub(crate) fn decode<T: Payload + Default>(
    codec: &dyn Codec,
    bytes: bytes::Bytes,
    blame: Code,
) -> Result<T> {
    let mut message = T::default();
    match codec.decode(bytes, &mut message) {
        Ok(()) => Ok(message),
        Err(error) => {
            let text =
                format!("what came is no {} as {}: {error}", message.full_name(), codec.name());
            Err(Error::new(blame, text).with_cause(error))
        }
    }
}

impl<T> Stream for Streaming<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Result<T>>> {
        let (next, trailers) = match &mut self.0 {
            Source::Ended(_) => return Poll::Ready(None),
            Source::Stream(stream) => match stream.as_mut().poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(next) => (next, Metadata::new()),
            },
            Source::Received(received) => match received.poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(message))) => return Poll::Ready(Some(Ok(message))),
                Poll::Ready(end) => (end, received.incoming.trailers()),
            },
        };
        if !matches!(next, Some(Ok(_))) {
            self.0 = Source::Ended(trailers);
        }
        Poll::Ready(next)
    }
}

impl<T> Received<T> {
    fn poll(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<T>>> {
        let decode = |bytes| (self.decode)(&*self.codec, bytes, self.blame);
        self.incoming.poll_message(cx).map(|next| next.map(|message| message.and_then(decode)))
    }
}

impl<T> Unpin for Streaming<T> {}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Streaming")
    }
}

struct Items<I>(I);

impl<I> Unpin for Items<I> {}

impl<I: Iterator> Stream for Items<I> {
    type Item = Result<I::Item>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(Ok))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

/// An item of a caller's stream: a message, or a message that may have failed.
///
/// An error ends the stream as a reset does: the other side sees the call cancelled, not finished.
pub trait StreamItem<T>: Send {
    /// The message, or what went wrong.
    ///
    /// # Errors
    /// What went wrong.
    fn into_result(self) -> Result<T>;
}

impl<T: Send> StreamItem<T> for T {
    fn into_result(self) -> Result<T> {
        Ok(self)
    }
}

impl<T: Send> StreamItem<T> for Result<T> {
    fn into_result(self) -> Self {
        self
    }
}

/// A typed stream on its way out: polled in its call's context, encoded into the transport's buffer.
pub(crate) struct Encoded<S, T> {
    stream: Pin<Box<S>>,
    codec: Arc<dyn Codec>,
    context: Option<Context>,
    message: std::marker::PhantomData<fn() -> T>,
}

impl<S, T> Encoded<S, T> {
    pub(crate) fn new(stream: S, codec: Arc<dyn Codec>, context: Option<Context>) -> Self {
        Self { stream: Box::pin(stream), codec, context, message: std::marker::PhantomData }
    }
}

impl<S, T> MessageStream for Encoded<S, T>
where
    S: Stream<Item: StreamItem<T>> + Send,
    T: Payload,
{
    fn poll_encode(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        out: &mut BytesMut,
    ) -> Poll<Option<Result<()>>> {
        let this = &mut *self;
        let mut poll = || this.stream.as_mut().poll_next(cx);
        let next = match &this.context {
            Some(context) => match catch_panic(|| context.sync_scope(poll)) {
                Ok(next) => next,
                Err(error) => return Poll::Ready(Some(Err(error))),
            },
            None => poll(),
        };
        next.map(|item| {
            item.map(|item| {
                let message = item.into_result()?;
                out.reserve(this.codec.size_hint(&message));
                this.codec.encode(&message, out).with_code(Code::Internal)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_error_is_the_last_item() {
        let items = vec![Ok(1), Err(Error::aborted("stop")), Ok(2)];
        let mut stream = Streaming::new(tokio_stream::iter(items));
        assert_eq!(stream.message().await.unwrap(), Some(1));
        assert_eq!(stream.message().await.unwrap_err().code(), Code::Aborted);
        assert_eq!(stream.message().await.unwrap(), None);
    }
}
