//! gRPC's length-prefixed messages in a body, both ways.

use std::task::{Context as TaskContext, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};

use super::super::exchange::{Body, Fields, Piece};
use crate::error::{Error, Reach, Result};
use crate::transport::{Limits, Outgoing};

/// A flag byte and the length in four bytes, big end first.
pub(super) const PREFIX: usize = 5;

/// Messages that are ready are collected up to this size into one piece of a body.
const BATCH: usize = 32 << 10;

/// Writes the prefix of an uncompressed message that was encoded behind `start + PREFIX`.
pub(super) fn write_prefix(out: &mut BytesMut, start: usize) -> Result<()> {
    let length = out.len() - start - PREFIX;
    let length = u32::try_from(length).map_err(|_| {
        Error::resource_exhausted(format!("{length} bytes are too many for one gRPC message"))
    })?;
    out[start] = 0;
    out[start + 1..start + PREFIX].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// Messages out of the pieces of a body.
pub(super) struct MessageReader {
    body: Body,
    buffer: BytesMut,
    /// The last piece, while it may hold whole messages that need not be copied.
    piece: Bytes,
    limits: Limits,
    trailers: Option<Fields>,
}

impl MessageReader {
    pub(super) fn new(body: Body, limits: Limits) -> Self {
        Self { body, buffer: BytesMut::new(), piece: Bytes::new(), limits, trailers: None }
    }

    /// The trailer fields, once the messages ended.
    pub(super) fn take_trailers(&mut self) -> Option<Fields> {
        self.trailers.take()
    }

    /// The next message; `None` when the body ended between two messages.
    pub(super) fn poll_next(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Bytes>>> {
        loop {
            match self.take_message() {
                Ok(Some(message)) => return Poll::Ready(Some(Ok(message))),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
            match ready!(self.body.poll_piece(cx)) {
                Some(Ok(Piece::Data(data))) => self.add(data),
                Some(Ok(Piece::Trailers(fields))) => self.trailers = Some(fields),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None if self.buffer.is_empty() && self.piece.is_empty() => {
                    return Poll::Ready(None);
                }
                None => return Poll::Ready(Some(Err(cut()))),
            }
        }
    }

    fn add(&mut self, data: Bytes) {
        if self.buffer.is_empty() && self.piece.is_empty() {
            self.piece = data;
        } else {
            self.gather();
            self.buffer.extend_from_slice(&data);
        }
    }

    /// Moves what is left of the last piece to where more can be added.
    fn gather(&mut self) {
        let piece = std::mem::take(&mut self.piece);
        self.buffer.extend_from_slice(&piece);
    }

    fn take_message(&mut self) -> Result<Option<Bytes>> {
        let waiting: &[u8] = if self.piece.is_empty() { &self.buffer } else { &self.piece };
        let Some((prefix, rest)) = waiting.split_first_chunk::<PREFIX>() else { return Ok(None) };
        let length = message_length(*prefix, self.limits)?;
        if rest.len() < length {
            self.gather();
            self.buffer.reserve((PREFIX + length).saturating_sub(self.buffer.len()));
            return Ok(None);
        }
        Ok(Some(if self.piece.is_empty() {
            self.buffer.advance(PREFIX);
            self.buffer.split_to(length).freeze()
        } else {
            self.piece.advance(PREFIX);
            self.piece.split_to(length)
        }))
    }
}

fn message_length(prefix: [u8; PREFIX], limits: Limits) -> Result<usize> {
    let [flag, length @ ..] = prefix;
    match flag {
        0 => {}
        1 => return Err(Error::unimplemented("compressed messages are not understood here")),
        _ => {
            return Err(Error::internal(format!(
                "a gRPC message begins with {flag}, not with 0 or 1"
            )));
        }
    }
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    limits.check_receive(length)?;
    Ok(length)
}

fn cut() -> Error {
    Error::internal("the body ended in the middle of a gRPC message").with_reach(Reach::Lost)
}

/// Collects messages that are ready into one piece of a body: `None` is the clean end.
pub(super) fn poll_batch(
    messages: &mut Outgoing,
    cx: &mut TaskContext<'_>,
    limits: Limits,
) -> Poll<Batch> {
    let mut out = BytesMut::new();
    loop {
        let start = out.len();
        out.resize(start + PREFIX, 0);
        let next = messages.as_mut().poll_encode(cx, &mut out);
        let end = match next {
            Poll::Ready(Some(Ok(()))) => match finish(&mut out, start, limits) {
                Ok(()) if out.len() < BATCH => continue,
                Ok(()) => return Poll::Ready(Batch { data: out.freeze(), end: None }),
                Err(error) => Some(Err(error)),
            },
            Poll::Ready(Some(Err(error))) => Some(Err(error)),
            Poll::Ready(None) => Some(Ok(())),
            Poll::Pending if start == 0 => return Poll::Pending,
            Poll::Pending => None,
        };
        out.truncate(start);
        return Poll::Ready(Batch { data: out.freeze(), end });
    }
}

fn finish(out: &mut BytesMut, start: usize, limits: Limits) -> Result<()> {
    limits.check_send(out.len() - start - PREFIX)?;
    write_prefix(out, start)
}

/// Messages in one piece, and the end of the stream if it came behind them.
pub(super) struct Batch {
    pub(super) data: Bytes,
    pub(super) end: Option<Result<()>>,
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use super::*;
    use crate::transport::http::exchange::BodyStream;

    struct Pieces(Vec<Bytes>);

    impl BodyStream for Pieces {
        fn poll_piece(
            mut self: Pin<&mut Self>,
            _: &mut TaskContext<'_>,
        ) -> Poll<Option<Result<Piece>>> {
            let next =
                if self.0.is_empty() { None } else { Some(Ok(Piece::Data(self.0.remove(0)))) };
            Poll::Ready(next)
        }
    }

    async fn read_all(pieces: Vec<Bytes>) -> Vec<Result<Bytes>> {
        let mut reader = MessageReader::new(Body::stream(Pieces(pieces)), Limits::default());
        let mut messages = Vec::new();
        while let Some(message) = std::future::poll_fn(|cx| reader.poll_next(cx)).await {
            let failed = message.is_err();
            messages.push(message);
            if failed {
                break;
            }
        }
        messages
    }

    #[tokio::test]
    async fn messages_come_out_whole_however_the_body_is_cut() {
        let wire = b"\0\0\0\0\x03one\0\0\0\0\0\0\0\0\0\x05three";
        for size in 1..=wire.len() {
            let pieces = wire.chunks(size).map(Bytes::copy_from_slice).collect();
            let messages: Vec<_> = read_all(pieces).await.into_iter().map(Result::unwrap).collect();
            assert_eq!(messages, ["one", "", "three"], "in pieces of {size}");
        }
    }

    #[tokio::test]
    async fn broken_bodies_are_named() {
        for (wire, text) in [
            (&b"\0\0\0\0\x03on"[..], "in the middle"),
            (b"\0\0", "in the middle"),
            (b"\x01\0\0\0\x01x", "compressed"),
            (b"\x07\0\0\0\x01x", "begins with 7"),
            (b"\0\xff\xff\xff\xff", "Limits::max_receive"),
        ] {
            let error = read_all(vec![Bytes::from_static(wire)]).await.pop().unwrap().unwrap_err();
            assert!(error.message().contains(text), "{error}");
        }
    }
}
