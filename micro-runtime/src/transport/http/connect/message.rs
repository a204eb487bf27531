//! The one message of a request: its whole body.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::{Instant, Sleep};

use super::super::exchange::{Body, Piece};
use crate::error::{Error, Result};
use crate::transport::{Limits, MessageSource};

/// How long a body may stop coming.
const SILENCE: Duration = Duration::from_secs(30);

/// Reads a body as one message, and no more of it than the limit allows.
pub(super) struct WholeBody {
    body: Option<Body>,
    /// The first piece, which is mostly all of it, and then needs no copy.
    first: Bytes,
    all: BytesMut,
    limits: Limits,
    silence: Option<Pin<Box<Sleep>>>,
}

impl WholeBody {
    pub(super) fn new(body: Body, limits: Limits) -> Self {
        let (first, all) = (Bytes::new(), BytesMut::new());
        Self { body: Some(body), first, all, limits, silence: None }
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

    /// The next piece, unless it does not come in time.
    fn poll_piece(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Piece>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        if let Poll::Ready(piece) = body.poll_piece(cx) {
            self.silence = None;
            return Poll::Ready(piece);
        }
        let until = || Box::pin(tokio::time::sleep_until(Instant::now() + SILENCE));
        ready!(self.silence.get_or_insert_with(until).as_mut().poll(cx));
        Poll::Ready(Some(Err(Error::deadline_exceeded(format!(
            "the body stopped coming: nothing more of it within {SILENCE:?}"
        )))))
    }

    fn poll_whole(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<Bytes>> {
        loop {
            match ready!(self.poll_piece(cx)).transpose()? {
                Some(Piece::Data(data)) => self.add(data)?,
                Some(Piece::Trailers(_)) => {}
                None => return Poll::Ready(Ok(self.take())),
            }
        }
    }
}

impl MessageSource for WholeBody {
    fn poll_message(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes>>> {
        if self.body.is_none() {
            return Poll::Ready(None);
        }
        let whole = ready!(self.poll_whole(cx));
        // Given up: what is left of it is nobody's.
        self.body = None;
        Poll::Ready(Some(whole))
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
        let mut whole = WholeBody::new(body, limits);
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
        let error = read(Body::stream(Stalling(pieces)), limits).await.unwrap_err();
        assert!(error.message().starts_with("a message of 10 bytes"), "{error}");
    }

    #[tokio::test]
    async fn a_body_in_one_piece_is_the_message() {
        let body = Body::full(Bytes::from_static(b"{}"), None);
        assert_eq!(read(body, Limits::default()).await.unwrap(), "{}");
        assert_eq!(read(Body::empty(), Limits::default()).await.unwrap(), "");
    }
}
