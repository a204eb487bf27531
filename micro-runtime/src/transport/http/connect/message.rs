//! The one message of a request: its whole body.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::{Instant, Sleep};

use super::super::exchange::{Body, Piece, Request};
use crate::BoxFuture;
use crate::error::{Error, Result};
use crate::transport::{Limits, MessageSource};

/// How long a body may stop coming.
const SILENCE: Duration = Duration::from_secs(30);

/// How long a body is read past that is of no use any more.
const PAST: Duration = Duration::from_secs(2);

/// Reads past the rest of a request that has failed, for a while, before it is answered.
///
/// HTTP/2 lets a server answer at once and reset the stream, and some clients, such as curl 7, lose the
/// answer in the reset. With HTTP/1.1 the engine sees to that when the answer is out.
pub(super) async fn read_past(mut body: Body, version: http::Version) {
    if version == http::Version::HTTP_2 {
        let end = async { while let Ok(Some(_)) = body.piece().await {} };
        // Whoever is still sending then does not care for the answer.
        let _ = tokio::time::timeout(PAST, end).await;
    }
}

/// Reads a body as one message, and keeps no more of it than the limit allows.
#[expect(clippy::large_enum_variant, reason = "a call's messages are in a box as a whole")]
pub(super) enum WholeBody {
    Reading(Reading),
    /// Too much came: what is said of that once the rest is read past.
    Failed(BoxFuture<Error>),
    Over,
}

impl WholeBody {
    pub(super) fn new(request: &mut Request, limits: Limits) -> Self {
        let (first, all, silence) = (Bytes::new(), BytesMut::new(), None);
        let (body, version) = (std::mem::take(&mut request.body), request.version);
        Self::Reading(Reading { body, version, first, all, limits, silence })
    }

    fn poll_whole(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<Bytes>> {
        if let Self::Reading(reading) = self {
            match ready!(reading.poll_whole(cx)) {
                Ok(message) => return Poll::Ready(Ok(message)),
                Err(error) => {
                    let (body, version) = (std::mem::take(&mut reading.body), reading.version);
                    *self = Self::Failed(Box::pin(async move {
                        read_past(body, version).await;
                        error
                    }));
                }
            }
        }
        match self {
            Self::Failed(error) => error.as_mut().poll(cx).map(Err),
            Self::Reading(_) | Self::Over => Poll::Pending,
        }
    }
}

impl MessageSource for WholeBody {
    fn poll_message(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes>>> {
        if matches!(self, Self::Over) {
            return Poll::Ready(None);
        }
        let whole = ready!(self.poll_whole(cx));
        *self = Self::Over;
        Poll::Ready(Some(whole))
    }
}

/// A body while it comes.
pub(super) struct Reading {
    body: Body,
    version: http::Version,
    /// The first piece, which is mostly all of it, and then needs no copy.
    first: Bytes,
    all: BytesMut,
    limits: Limits,
    silence: Option<Pin<Box<Sleep>>>,
}

impl Reading {
    fn poll_whole(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<Bytes>> {
        loop {
            match ready!(self.poll_piece(cx)).transpose()? {
                Some(Piece::Data(data)) => self.add(data)?,
                Some(Piece::Trailers(_)) => {}
                None => return Poll::Ready(Ok(self.take())),
            }
        }
    }

    /// The next piece, unless it does not come in time.
    fn poll_piece(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Piece>>> {
        if let Poll::Ready(piece) = self.body.poll_piece(cx) {
            self.silence = None;
            return Poll::Ready(piece);
        }
        let until = || Box::pin(tokio::time::sleep_until(Instant::now() + SILENCE));
        ready!(self.silence.get_or_insert_with(until).as_mut().poll(cx));
        // Nothing more is read of it.
        self.body = Body::empty();
        Poll::Ready(Some(Err(Error::deadline_exceeded(format!(
            "the body stopped coming: nothing more of it within {SILENCE:?}"
        )))))
    }

    fn add(&mut self, data: Bytes) -> Result<()> {
        self.limits.check_receive(self.first.len() + self.all.len() + data.len())?;
        if self.first.is_empty() && self.all.is_empty() {
            self.first = data;
        } else {
            self.all.extend_from_slice(&std::mem::take(&mut self.first));
            self.all.extend_from_slice(&data);
        }
        Ok(())
    }

    fn take(&mut self) -> Bytes {
        let first = std::mem::take(&mut self.first);
        if self.all.is_empty() { first } else { std::mem::take(&mut self.all).freeze() }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use crate::error::Code;
    use crate::transport::http::exchange::BodyStream;

    /// Gives its pieces, and then nothing for ever.
    struct Stalling(Vec<Bytes>);

    impl BodyStream for Stalling {
        fn poll_piece(
            mut self: Pin<&mut Self>,
            _: &mut TaskContext<'_>,
        ) -> Poll<Option<Result<Piece>>> {
            match self.0.pop() {
                Some(data) => Poll::Ready(Some(Ok(Piece::Data(data)))),
                None => Poll::Pending,
            }
        }
    }

    async fn read(body: Body, limits: Limits) -> Result<Bytes> {
        let path = http::uri::PathAndQuery::from_static("/");
        let mut whole = WholeBody::new(&mut Request::new(http::Method::POST, path, body), limits);
        let message = poll_fn(|cx| whole.poll_message(cx)).await.unwrap();
        assert!(poll_fn(|cx| whole.poll_message(cx)).await.is_none());
        message
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_coming_is_given_up() {
        let body = Body::stream(Stalling(vec![Bytes::from_static(b"{")]));
        let began = Instant::now();
        let error = read(body, Limits::default()).await.unwrap_err();
        assert_eq!((error.code(), began.elapsed()), (Code::DeadlineExceeded, SILENCE));
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_is_read_than_the_limit_allows() {
        let pieces = vec![Bytes::from_static(b"12345"); 3];
        let limits = Limits::default().max_receive(9);
        let began = Instant::now();
        let error = read(Body::stream(Stalling(pieces)), limits).await.unwrap_err();
        assert_eq!(began.elapsed(), PAST, "the rest is waited for, but not long");
        assert!(error.message().starts_with("a message of 10 bytes"), "{error}");
    }

    #[tokio::test]
    async fn a_body_in_one_piece_is_the_message() {
        let body = Body::full(Bytes::from_static(b"{}"), None);
        assert_eq!(read(body, Limits::default()).await.unwrap(), "{}");
        assert_eq!(read(Body::empty(), Limits::default()).await.unwrap(), "");
    }
}
