//! What a handler knows about its call, and what calls made while handling it inherit.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::address::Address;
use crate::error::Result;
use crate::metadata::{LazyMetadata, Metadata};

tokio::task_local! {
    /// The context of the call that this task is handling.
    static AMBIENT: Context;
}

/// One call as its handler sees it: metadata, deadline, cancellation, peer; cheap to clone.
///
/// A call made while handling another inherits from its context, without being handed it: what is left
/// of the deadline, the cancellation, and the metadata that the client's allow-list names.
#[derive(Clone, Default)]
pub struct Context(Arc<State>);

#[derive(Default)]
struct State {
    metadata: LazyMetadata,
    deadline: Option<Instant>,
    peer: Peer,
    cancelled: AtomicBool,
    changed: Notify,
    response: Mutex<ResponseMetadata>,
    values: Mutex<http::Extensions>,
}

/// Who is on the other side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// The address, where the transport knows one.
    pub address: Option<Address>,
}

impl Peer {
    /// A peer at an address.
    #[must_use]
    pub fn at(address: Address) -> Self {
        Self { address: Some(address) }
    }
}

/// The metadata that a handler sends back, before and after its messages.
#[derive(Debug, Default)]
pub(crate) struct ResponseMetadata {
    pub(crate) headers: Metadata,
    pub(crate) trailers: Metadata,
}

impl Context {
    /// A context as a transport makes it for a call that came in; tests make theirs with `default()`.
    #[must_use]
    pub fn new(metadata: LazyMetadata, deadline: Option<Instant>, peer: Peer) -> Self {
        Self(Arc::new(State { metadata, deadline, peer, ..State::default() }))
    }

    /// A context for the handler of a message: nobody waits for it, so it has no deadline.
    pub(crate) fn of_message(headers: Metadata) -> Self {
        Self::new(headers.into(), None, Peer::default())
    }

    /// The context of the call that the current task is handling, if it is.
    #[must_use]
    pub fn current() -> Option<Self> {
        AMBIENT.try_with(Self::clone).ok()
    }

    /// The caller's metadata.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        self.0.metadata.get()
    }

    /// When the caller stops waiting.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// How long the caller still waits: zero after the deadline, `None` without one.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.0.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Who calls.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.0.peer
    }

    /// Whether the call was given up: its caller went away or cancelled, or the deadline passed.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Waits until the call is given up.
    ///
    /// The handler's own future is dropped then; this is for what it has [spawned](Self::spawn).
    pub async fn cancelled(&self) {
        loop {
            let mut changed = std::pin::pin!(self.0.changed.notified());
            changed.as_mut().enable();
            if self.is_cancelled() {
                return;
            }
            changed.await;
        }
    }

    /// Adds metadata to be sent before the first message.
    ///
    /// # Errors
    /// As [`Metadata::append`].
    pub fn append_header(
        &self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Bytes>,
    ) -> Result<()> {
        self.response().headers.append(key, value)
    }

    /// Adds metadata to be sent after the last message, also if that is an error.
    ///
    /// # Errors
    /// As [`Metadata::append`].
    pub fn append_trailer(
        &self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Bytes>,
    ) -> Result<()> {
        self.response().trailers.append(key, value)
    }

    /// Keeps a value for whoever handles the call after this, such as who the caller proved to be.
    ///
    /// There is one value of each type; it stays in this process.
    pub fn insert_value<T: Clone + Send + Sync + 'static>(&self, value: T) {
        lock(&self.0.values).insert(value);
    }

    /// The value of type `T` that was kept with [`insert_value`](Self::insert_value).
    #[must_use]
    pub fn value<T: Clone + Send + Sync + 'static>(&self) -> Option<T> {
        lock(&self.0.values).get::<T>().cloned()
    }

    /// Runs a future in a task of its own that goes on when the handler returns or is dropped.
    ///
    /// Calls made in it inherit from this context, its cancellation and deadline included.
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        tokio::spawn(self.clone().scope(future))
    }

    /// Runs a future with this context as the ambient one.
    pub fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        AMBIENT.scope(self, future)
    }

    /// Runs a function with this context as the ambient one.
    pub fn sync_scope<T>(&self, function: impl FnOnce() -> T) -> T {
        AMBIENT.sync_scope(self.clone(), function)
    }

    /// A guard for the transport: dropped before [`CallGuard::finish`], it cancels the context.
    #[must_use]
    pub fn guard(&self) -> CallGuard {
        CallGuard { context: self.clone(), finished: false }
    }

    /// Takes the metadata to send before the messages: what the handler added so far.
    #[must_use]
    pub fn take_headers(&self) -> Metadata {
        std::mem::take(&mut self.response().headers)
    }

    /// Takes the metadata to send after the messages.
    #[must_use]
    pub fn take_trailers(&self) -> Metadata {
        std::mem::take(&mut self.response().trailers)
    }

    fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        self.0.changed.notify_waiters();
    }

    fn response(&self) -> MutexGuard<'_, ResponseMetadata> {
        lock(&self.0.response)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("peer", &self.0.peer)
            .field("time_left", &self.time_left())
            .field("cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

/// Cancels a context when the transport drops it before the call has ended.
#[derive(Debug)]
pub struct CallGuard {
    context: Context,
    finished: bool,
}

impl CallGuard {
    /// The call has ended as it should.
    pub fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        if !self.finished {
            self.context.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dropped_guard_cancels_and_a_finished_one_does_not() {
        let context = Context::default();
        context.guard().finish();
        assert!(!context.is_cancelled());
        let waiting = tokio::spawn({
            let context = context.clone();
            async move { context.cancelled().await }
        });
        drop(context.guard());
        waiting.await.unwrap();
        assert!(context.is_cancelled());
    }

    #[tokio::test]
    async fn a_spawned_task_carries_the_context() {
        let context = Context::new(LazyMetadata::default(), Some(Instant::now()), Peer::default());
        let inner = context.spawn(async { Context::current().unwrap().deadline() }).await.unwrap();
        assert_eq!(inner, context.deadline());
        assert!(Context::current().is_none());
    }
}
