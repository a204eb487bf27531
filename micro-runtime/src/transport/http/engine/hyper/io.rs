//! A socket whose writes are collected while a connection is polled, and sent once it has been.
//!
//! The HTTP/2 below hyper flushes after every data frame of 256 bytes or more: a system call for each answer,
//! however many are ready. Measured with 64 calls of 1 KiB in flight, collecting them takes the writes
//! a call from 1.02 to 0.02 and the server's CPU a call down by 40 %.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::super::network::Io;

/// What may wait to be written before a write waits for the socket.
const MAX_WAITING: usize = 256 << 10;
/// What is read from the socket at once.
const READ_AHEAD: usize = 32 << 10;

/// A handle on the socket, for the connection and for [`Flush`].
#[derive(Clone)]
pub(super) struct Deferred(Arc<Mutex<State>>);

struct State {
    io: Box<dyn Io>,
    out: BytesMut,
    /// What was read ahead lies in `read[taken..filled]`.
    read: Box<[u8]>,
    taken: usize,
    filled: usize,
    peer: PeerSpoke,
}

/// Whether the peer has sent anything yet.
enum PeerSpoke {
    NotYet(Option<Waker>),
    Yes,
    /// The socket ended before.
    Never,
}

impl Deferred {
    pub(super) fn new(io: Box<dyn Io>) -> Self {
        let (read, peer) = (vec![0; READ_AHEAD].into_boxed_slice(), PeerSpoke::NotYet(None));
        let state = State { io, out: BytesMut::new(), read, taken: 0, filled: 0, peer };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Waits until the peer has sent something; `false` if the socket ends before.
    pub(super) async fn peer_spoke(&self) -> bool {
        poll_fn(|cx| match &mut self.lock().peer {
            PeerSpoke::Yes => Poll::Ready(true),
            PeerSpoke::Never => Poll::Ready(false),
            PeerSpoke::NotYet(waker) => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
        })
        .await
    }

    /// Never contended: a connection and its `Flush` take turns within one task.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn poll_send(&mut self, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            match ready!(Pin::new(&mut self.io).poll_write(cx, &self.out))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.out.advance(written),
            }
        }
        if self.out.capacity() > MAX_WAITING {
            self.out = BytesMut::new();
        }
        Poll::Ready(Ok(()))
    }

    /// Makes room for more, if need be by waiting for the socket.
    fn poll_room(&mut self, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        if self.out.len() < MAX_WAITING { Poll::Ready(Ok(())) } else { self.poll_send(cx) }
    }

    fn poll_fill(&mut self, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        let mut buffer = ReadBuf::new(&mut self.read);
        let read = ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer));
        (self.taken, self.filled) = (0, buffer.filled().len());
        self.heard(read.is_ok() && self.filled > 0);
        Poll::Ready(read)
    }

    /// The peer has spoken, or never will.
    fn heard(&mut self, spoke: bool) {
        if let PeerSpoke::NotYet(waker) = &mut self.peer {
            let waker = waker.take();
            self.peer = if spoke { PeerSpoke::Yes } else { PeerSpoke::Never };
            waker.into_iter().for_each(Waker::wake);
        }
    }
}

impl State {
    fn poll_take(&mut self, cx: &mut TaskContext<'_>, most: usize) -> Poll<io::Result<&[u8]>> {
        if self.taken == self.filled {
            ready!(self.poll_fill(cx))?;
        }
        let start = self.taken;
        self.taken = self.filled.min(start + most);
        Poll::Ready(Ok(&self.read[start..self.taken]))
    }

    fn poll_put(
        &mut self,
        cx: &mut TaskContext<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_room(cx))?;
        parts.iter().for_each(|part| self.out.extend_from_slice(part));
        Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()))
    }

    fn poll_end(&mut self, cx: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// The same socket for hyper, which has traits of its own, and for HTTP/2 below it.
///
/// A flush does nothing: [`Flush`] sends what has been written when the connection has been polled.
macro_rules! write_deferred {
    ($write:path) => {
        impl $write for Deferred {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut TaskContext<'_>,
                data: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.lock().poll_put(cx, &[io::IoSlice::new(data)])
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut TaskContext<'_>,
                parts: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.lock().poll_put(cx, parts)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(
                self: Pin<&mut Self>,
                cx: &mut TaskContext<'_>,
            ) -> Poll<io::Result<()>> {
                self.lock().poll_end(cx)
            }
        }
    };
}

write_deferred!(hyper::rt::Write);
write_deferred!(AsyncWrite);

impl hyper::rt::Read for Deferred {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        mut out: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let room = out.remaining();
        self.lock().poll_take(cx, room).map_ok(|data| out.put_slice(data))
    }
}

impl AsyncRead for Deferred {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let room = out.remaining();
        self.lock().poll_take(cx, room).map_ok(|data| out.put_slice(data))
    }
}

/// The future that owns a connection; what it wrote is sent each time it has been polled.
pub(super) struct Flush<F> {
    future: Pin<Box<F>>,
    io: Deferred,
}

impl<F> Flush<F> {
    pub(super) fn new(future: F, io: Deferred) -> Self {
        Self { future: Box::pin(future), io }
    }

    pub(super) fn inner(self: Pin<&mut Self>) -> Pin<&mut F> {
        self.get_mut().future.as_mut()
    }
}

impl<F> Drop for Flush<F> {
    fn drop(&mut self) {
        self.io.lock().heard(false);
    }
}

impl<F: Future> Future for Flush<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let polled = self.future.as_mut().poll(cx);
        // A failed write is told to the connection by its next read; a pending one wakes this task.
        let _ = self.io.lock().poll_send(cx);
        polled
    }
}
