//! Bodies between hyper and the protocols, both ways.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;

use super::super::super::exchange::{Body, BodyStream, Fields, Piece};
use super::failure::exchange_failure;
use crate::error::Result;

/// A body that hyper receives; `unread` is set if it is dropped before its end.
pub(super) fn received(body: Incoming, unread: Option<Arc<AtomicBool>>) -> Body {
    if http_body::Body::is_end_stream(&body) {
        return Body::empty();
    }
    Body::stream(Received { body, unread })
}

struct Received {
    body: Incoming,
    unread: Option<Arc<AtomicBool>>,
}

impl BodyStream for Received {
    fn poll_piece(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Piece>>> {
        let frame = match ready!(http_body::Body::poll_frame(Pin::new(&mut self.body), cx)) {
            None => {
                self.unread = None;
                return Poll::Ready(None);
            }
            Some(Err(error)) => return Poll::Ready(Some(Err(exchange_failure(&error)))),
            Some(Ok(frame)) => frame,
        };
        let piece = frame.into_data().map(Piece::Data).or_else(|frame| {
            frame.into_trailers().map(|trailers| Piece::Trailers(Fields::from_map(trailers)))
        });
        // HTTP has no third kind of frame.
        Poll::Ready(piece.ok().map(Ok))
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if let Some(unread) = &self.unread {
            unread.store(true, Ordering::Relaxed);
        }
    }
}

/// A body that hyper sends.
pub(super) struct Sent(pub(super) Body);

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, h2::Error>>> {
        self.0.poll_piece(cx).map(|piece| {
            piece.map(|piece| match piece {
                Ok(Piece::Data(data)) => Ok(Frame::data(data)),
                Ok(Piece::Trailers(fields)) => Ok(Frame::trailers(fields.into_map())),
                // What went wrong is told by the protocol; the peer sees the exchange cancelled.
                Err(_) => Err(h2::Reason::CANCEL.into()),
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.known_length().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
