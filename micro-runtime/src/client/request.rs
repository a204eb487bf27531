//! What a caller sends: one message or a stream, ready to be sent again where the first time came to nothing.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context as TaskContext, Poll};

use bytes::BytesMut;

use crate::codec::{Codec, Payload};
use crate::error::{Error, Result};
use crate::transport::{Message, MessageStream, Outgoing};

/// What a caller sends.
pub(super) enum Outbound {
    One(Arc<dyn Payload>),
    Many(Box<dyn FnOnce(Arc<dyn Codec>) -> Outgoing + Send>),
}

/// What a caller sends, ready to be sent more than once if the first time came to nothing.
#[derive(Clone)]
pub(super) struct Resendable {
    content: SharedContent,
    codec: Arc<dyn Codec>,
    failure: Arc<OnceLock<Error>>,
}

#[derive(Clone)]
enum SharedContent {
    One(Arc<dyn Payload>),
    Many(Arc<Mutex<Option<Outgoing>>>),
}

impl Resendable {
    pub(super) fn new(request: Outbound, codec: &Arc<dyn Codec>) -> Self {
        let content = match request {
            Outbound::One(payload) => SharedContent::One(payload),
            Outbound::Many(stream) => {
                SharedContent::Many(Arc::new(Mutex::new(Some(stream(Arc::clone(codec))))))
            }
        };
        Self { content, codec: Arc::clone(codec), failure: Arc::default() }
    }

    pub(super) fn message(&self) -> Option<Message> {
        match &self.content {
            SharedContent::One(payload) => {
                Some(Message::new(Arc::clone(payload), Arc::clone(&self.codec)))
            }
            SharedContent::Many(_) => None,
        }
    }

    pub(super) fn messages(&self) -> Outgoing {
        match &self.content {
            SharedContent::One(_) => Box::pin(Single(self.message())),
            SharedContent::Many(stream) => Box::pin(FirstTaker {
                waiting: Arc::clone(stream),
                taken: None,
                failure: Arc::clone(&self.failure),
            }),
        }
    }

    /// Whether messages have been taken that cannot be had again.
    pub(super) fn is_spent(&self) -> bool {
        match &self.content {
            SharedContent::One(_) => false,
            SharedContent::Many(stream) => lock(stream).is_none(),
        }
    }

    /// What ended the caller's own stream, if it failed.
    pub(super) fn failure(&self) -> Option<Error> {
        self.failure.get().cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One message as a stream.
struct Single(Option<Message>);

impl MessageStream for Single {
    fn poll_encode(
        mut self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
        out: &mut BytesMut,
    ) -> Poll<Option<Result<()>>> {
        Poll::Ready(self.0.take().map(|message| message.encode(out)))
    }
}

/// A stream that the first attempt to read from it takes: an attempt that fails before leaves it.
struct FirstTaker {
    waiting: Arc<Mutex<Option<Outgoing>>>,
    taken: Option<Outgoing>,
    failure: Arc<OnceLock<Error>>,
}

impl MessageStream for FirstTaker {
    fn poll_encode(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        out: &mut BytesMut,
    ) -> Poll<Option<Result<()>>> {
        let this = &mut *self;
        if this.taken.is_none() {
            this.taken = lock(&this.waiting).take();
        }
        let Some(stream) = &mut this.taken else { return Poll::Ready(None) };
        stream.as_mut().poll_encode(cx, out).map(|next| {
            if let Some(Err(error)) = &next {
                // Only the first failure counts, and there is one at most.
                let _ = this.failure.set(error.clone());
            }
            next
        })
    }
}
