//! Messages on their way: encoded by the transport into its own buffer, received as bytes.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use bytes::{Bytes, BytesMut};

use crate::codec::{Codec, Payload};
use crate::error::{Code, Error, Result, WithCode};
use crate::metadata::Metadata;

/// A message to send: encoded when the transport has a place for it, as often as it is sent.
#[derive(Clone, Debug)]
pub struct Message(Content);

#[derive(Clone, Debug)]
enum Content {
    Typed { payload: Arc<dyn Payload>, codec: Arc<dyn Codec> },
    Encoded(Bytes),
}

impl Message {
    /// A typed message and the codec that will write it.
    pub fn new(payload: Arc<dyn Payload>, codec: Arc<dyn Codec>) -> Self {
        Self(Content::Typed { payload, codec })
    }

    /// A message that is encoded already: for those who pass on what they do not read.
    pub fn encoded(bytes: impl Into<Bytes>) -> Self {
        Self(Content::Encoded(bytes.into()))
    }

    /// About how many bytes [`encode`](Self::encode) will append.
    #[must_use]
    pub fn size_hint(&self) -> usize {
        match &self.0 {
            Content::Typed { payload, codec } => codec.size_hint(&**payload),
            Content::Encoded(bytes) => bytes.len(),
        }
    }

    /// Appends the encoded message to `out`.
    ///
    /// # Errors
    /// `internal` if the message has no form in its codec.
    pub fn encode(&self, out: &mut BytesMut) -> Result<()> {
        match &self.0 {
            Content::Typed { payload, codec } => encode_payload(&**payload, &**codec, out),
            Content::Encoded(bytes) => {
                out.extend_from_slice(bytes);
                Ok(())
            }
        }
    }
}

pub(crate) fn encode_payload(
    payload: &dyn Payload,
    codec: &dyn Codec,
    out: &mut BytesMut,
) -> Result<()> {
    codec.encode(payload, out).with_code(Code::Internal)
}

/// Messages to send, one after the other, encoded straight into the transport's buffer.
pub trait MessageStream: Send {
    /// Appends the next message to `out`; `None` is the clean end, an error ends the stream as a reset does.
    fn poll_encode(
        self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        out: &mut BytesMut,
    ) -> Poll<Option<Result<()>>>;
}

/// A boxed [`MessageStream`].
pub type Outgoing = Pin<Box<dyn MessageStream>>;

/// Messages that a transport receives, one after the other.
pub trait MessageSource: Send {
    /// The next message; `None` is the clean end. Not polled again after the end or an error.
    fn poll_message(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes>>>;

    /// The metadata after the messages, once they ended.
    fn trailers(&mut self) -> Metadata {
        Metadata::new()
    }
}

/// The messages that one side of a call receives.
pub struct Incoming(Arrival);

enum Arrival {
    One(Option<Bytes>),
    Source(Box<dyn MessageSource>),
}

impl Incoming {
    /// Messages from a source.
    pub fn new(source: impl MessageSource + 'static) -> Self {
        Self(Arrival::Source(Box::new(source)))
    }

    /// One message that is there already.
    pub fn one(message: impl Into<Bytes>) -> Self {
        Self(Arrival::One(Some(message.into())))
    }

    /// The next message; `None` is the clean end. Not to be polled again after the end or an error.
    pub fn poll_message(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes>>> {
        match &mut self.0 {
            Arrival::One(message) => Poll::Ready(message.take().map(Ok)),
            Arrival::Source(source) => source.poll_message(cx),
        }
    }

    /// The next message, as a future that may be dropped without losing one.
    ///
    /// # Errors
    /// What ended the messages.
    pub async fn message(&mut self) -> Result<Option<Bytes>> {
        std::future::poll_fn(|cx| self.poll_message(cx)).await.transpose()
    }

    /// The only message of a side that sends just one.
    ///
    /// # Errors
    /// `unimplemented` if there is none or more than one, as gRPC wants; else what ended the messages.
    pub async fn only(&mut self) -> Result<Bytes> {
        if let Arrival::One(message) = &mut self.0 {
            return message.take().ok_or_else(|| wrong_count("none came"));
        }
        let message = self.message().await?.ok_or_else(|| wrong_count("none came"))?;
        match self.message().await? {
            None => Ok(message),
            Some(_) => Err(wrong_count("more came")),
        }
    }

    /// The metadata after the messages, once they ended.
    pub fn trailers(&mut self) -> Metadata {
        match &mut self.0 {
            Arrival::One(_) => Metadata::new(),
            Arrival::Source(source) => source.trailers(),
        }
    }
}

fn wrong_count(what: &str) -> Error {
    Error::unimplemented(format!(
        "this way the method has exactly one message, but {what}: do both sides have the same .proto file?"
    ))
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Incoming")
    }
}
