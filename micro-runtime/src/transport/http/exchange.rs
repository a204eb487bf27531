//! What an engine moves: requests and responses, whose bodies are one buffer or a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::BoxFuture;
use crate::context::Peer;
use crate::error::Result;

/// Answers requests; the protocols of a server are one.
pub trait Exchange: fmt::Debug + Send + Sync + 'static {
    /// Answers a request. Dropping a pending answer cancels it.
    fn exchange(&self, request: Request) -> Pending;
}

/// A response that is there at once, or later.
///
/// An engine may poll it in place and give it a task only if it is not ready.
#[expect(clippy::large_enum_variant, reason = "an engine sends a ready response without a box")]
pub enum Pending {
    /// Known already.
    Ready(Response),
    /// To be polled.
    Later(BoxFuture<Response>),
}

/// A request: HTTP's method and path, header fields and a body.
#[derive(Debug)]
#[non_exhaustive]
pub struct Request {
    /// HTTP's method.
    pub method: http::Method,
    /// The path and the query behind it.
    pub path: http::uri::PathAndQuery,
    /// The header fields.
    pub fields: Fields,
    /// The body.
    pub body: Body,
    /// Who asks; empty on the way out.
    pub peer: Peer,
    /// HTTP's version: what the peer speaks, and whether trailer fields reach it.
    pub version: http::Version,
    /// Whom it is for, where the target says so: HTTP/1.1 says it in the field `host`.
    pub authority: Option<http::uri::Authority>,
}

impl Request {
    /// A request of HTTP/2.
    #[must_use]
    pub fn new(method: http::Method, path: http::uri::PathAndQuery, body: Body) -> Self {
        let (fields, peer, version) = (Fields::default(), Peer::default(), http::Version::HTTP_2);
        Self { method, path, fields, body, peer, version, authority: None }
    }

    /// The same with header fields.
    #[must_use]
    pub fn with_fields(mut self, fields: Fields) -> Self {
        self.fields = fields;
        self
    }

    /// The same from a peer.
    #[must_use]
    pub fn with_peer(mut self, peer: Peer) -> Self {
        self.peer = peer;
        self
    }
}

/// A response: a status, header fields and a body.
#[derive(Debug)]
#[non_exhaustive]
pub struct Response {
    /// The status.
    pub status: http::StatusCode,
    /// The header fields.
    pub fields: Fields,
    /// The body.
    pub body: Body,
}

impl Response {
    /// A response.
    #[must_use]
    pub fn new(status: http::StatusCode, fields: Fields, body: Body) -> Self {
        Self { status, fields, body }
    }
}

/// Header or trailer fields, in lower case; a name may have several values.
///
/// How they are kept is the engine's business: they can be read and added to, and no more.
#[derive(Clone, Debug, Default)]
pub struct Fields(HeaderMap);

impl Fields {
    /// No fields, with room for some.
    #[must_use]
    pub fn with_capacity(fields: usize) -> Self {
        Self(HeaderMap::with_capacity(fields))
    }

    /// The first value of a field, as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.to_str().ok())
    }

    /// Every field, in order within a name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))
    }

    /// Adds a field that is known to be one.
    pub fn push_static(&mut self, name: &'static str, value: &'static str) {
        self.0.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }

    /// Adds a field; `false` if name or value cannot be one.
    pub fn push(&mut self, name: &str, value: impl Into<Bytes>) -> bool {
        let value = HeaderValue::from_maybe_shared(value.into());
        match (HeaderName::from_bytes(name.as_bytes()), value) {
            (Ok(name), Ok(value)) => {
                self.0.append(name, value);
                true
            }
            _ => false,
        }
    }

    pub(super) fn from_map(map: HeaderMap) -> Self {
        Self(map)
    }

    pub(super) fn into_map(self) -> HeaderMap {
        self.0
    }
}

/// What follows the header fields: nothing, one buffer, or pieces as they come.
#[derive(Default)]
pub struct Body(Content);

#[derive(Default)]
enum Content {
    #[default]
    Empty,
    Full {
        data: Bytes,
        trailers: Option<Fields>,
    },
    Stream(Pin<Box<dyn BodyStream>>),
}

/// The pieces of a body, as they come.
pub trait BodyStream: Send {
    /// The next piece; `None` is the clean end, an error resets the exchange.
    fn poll_piece(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Piece>>>;
}

/// A piece of a body.
#[derive(Debug)]
pub enum Piece {
    /// Some bytes.
    Data(Bytes),
    /// The trailer fields: the last piece.
    Trailers(Fields),
}

impl Body {
    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// A body that is known already, and trailer fields behind it.
    #[must_use]
    pub fn full(data: Bytes, trailers: Option<Fields>) -> Self {
        Self(Content::Full { data, trailers })
    }

    /// A body that comes in pieces.
    pub fn stream(stream: impl BodyStream + 'static) -> Self {
        Self(Content::Stream(Box::pin(stream)))
    }

    /// The next piece; `None` is the clean end. Not to be polled again after the end or an error.
    pub fn poll_piece(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Piece>>> {
        match &mut self.0 {
            Content::Empty => Poll::Ready(None),
            Content::Stream(stream) => stream.as_mut().poll_piece(cx),
            Content::Full { data, trailers } => {
                let piece = if data.is_empty() {
                    trailers.take().map(Piece::Trailers)
                } else {
                    Some(Piece::Data(std::mem::take(data)))
                };
                Poll::Ready(piece.map(Ok))
            }
        }
    }

    /// The next piece, as a future that may be dropped without losing one.
    ///
    /// # Errors
    /// What ended the body.
    pub async fn piece(&mut self) -> Result<Option<Piece>> {
        std::future::poll_fn(|cx| self.poll_piece(cx)).await.transpose()
    }

    /// The whole body, if it is one buffer with no trailers behind it; nothing is left of it then.
    pub fn take_full(&mut self) -> Option<Bytes> {
        match &mut self.0 {
            Content::Full { data, trailers: None } => {
                let data = std::mem::take(data);
                self.0 = Content::Empty;
                Some(data)
            }
            Content::Full { .. } | Content::Empty | Content::Stream(_) => None,
        }
    }

    /// How many bytes are to come, where that is known and nothing is behind them.
    #[must_use]
    pub fn known_length(&self) -> Option<u64> {
        match &self.0 {
            Content::Empty => Some(0),
            Content::Full { data, trailers: None } => u64::try_from(data.len()).ok(),
            Content::Full { .. } | Content::Stream(_) => None,
        }
    }

    /// Whether there is nothing more to come, known without asking.
    #[must_use]
    pub fn is_end(&self) -> bool {
        match &self.0 {
            Content::Empty => true,
            Content::Full { data, trailers } => data.is_empty() && trailers.is_none(),
            Content::Stream(_) => false,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Empty => f.write_str("Body::empty"),
            Content::Full { data, .. } => write!(f, "Body({} bytes)", data.len()),
            Content::Stream(_) => f.write_str("Body(stream)"),
        }
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Ready(_)) {
            "Pending::Ready"
        } else {
            "Pending::Later"
        })
    }
}
