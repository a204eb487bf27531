//! A bounded sender for streams.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;
use tokio::sync::mpsc;

use super::Streaming;
use crate::error::{Error, Result};

/// A sender and the stream of what it sends; `capacity` messages wait in between, at least one.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro_runtime::Result<()> {
/// let (sender, mut stream) = micro_runtime::channel(16);
/// tokio::spawn(async move {
///     for number in 0..3 {
///         if sender.send(number).await.is_err() {
///             break; // nobody reads any more
///         }
///     }
/// });
/// while let Some(number) = stream.message().await? {
///     println!("{number}");
/// }
/// # Ok(()) }
/// ```
pub fn channel<T: Send + 'static>(capacity: usize) -> (Sender<T>, Streaming<T>) {
    let (sender, messages) = mpsc::channel(capacity.max(1));
    let panicked = Arc::new(AtomicBool::new(false));
    let receiver = Receiver { messages, panicked: Arc::clone(&panicked) };
    (Sender { messages: sender, panicked }, Streaming::new(receiver))
}

/// The sending end of [`channel`]; dropping the last clone ends the stream cleanly.
///
/// Dropped in a panic, it ends the stream with an error instead.
pub struct Sender<T: Send + 'static> {
    messages: mpsc::Sender<Result<T>>,
    panicked: Arc<AtomicBool>,
}

impl<T: Send + 'static> Sender<T> {
    /// Sends a message, waiting while the channel is full. Dropping the future sends nothing.
    ///
    /// # Errors
    /// `cancelled` if nobody reads the stream any more.
    pub async fn send(&self, message: T) -> Result<()> {
        self.messages.send(Ok(message)).await.map_err(|_| unread())
    }

    /// Ends the stream with an error, which the other side sees in place of a clean end.
    ///
    /// # Errors
    /// `cancelled` if nobody reads the stream any more.
    pub async fn fail(self, error: Error) -> Result<()> {
        self.messages.send(Err(error)).await.map_err(|_| unread())
    }

    /// Waits until nobody reads the stream any more: the call ended or was cancelled.
    pub async fn closed(&self) {
        self.messages.closed().await;
    }
}

fn unread() -> Error {
    Error::cancelled("nobody reads this stream any more: its call has ended")
}

impl<T: Send + 'static> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { messages: self.messages.clone(), panicked: Arc::clone(&self.panicked) }
    }
}

impl<T: Send + 'static> Drop for Sender<T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.panicked.store(true, Ordering::Release);
        }
    }
}

impl<T: Send + 'static> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sender({} free)", self.messages.capacity())
    }
}

struct Receiver<T> {
    messages: mpsc::Receiver<Result<T>>,
    panicked: Arc<AtomicBool>,
}

impl<T> Stream for Receiver<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Result<T>>> {
        self.messages.poll_recv(cx).map(|next| match next {
            None if self.panicked.swap(false, Ordering::AcqRel) => {
                Some(Err(Error::internal("the sender of this stream panicked")))
            }
            next => next,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sender_dropped_in_a_panic_is_no_clean_end() {
        let (sender, mut stream) = channel::<u32>(1);
        let task = tokio::spawn(async move {
            let _sender = sender;
            panic!("on purpose");
        });
        assert!(task.await.is_err());
        assert!(stream.message().await.unwrap_err().message().contains("panicked"));
    }

    #[tokio::test]
    async fn sending_to_a_dropped_stream_fails() {
        let (sender, stream) = channel(1);
        drop(stream);
        assert!(sender.send(1).await.is_err());
        sender.closed().await;
    }
}
