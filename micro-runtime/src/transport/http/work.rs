//! A call at work on a server, whatever protocol said it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::protocol::{Call, Served};
use crate::clock::Clock;
use crate::context::{CallGuard, Context};
use crate::error::{Error, Result};
use crate::metadata::Metadata;
use crate::transport::{Answer, Limits, Reply};

/// A call from its beginning to its end: dropped before that, it cancels the handler's context.
#[derive(Debug)]
pub(super) struct Work {
    context: Context,
    clock: Arc<Clock>,
    limits: Limits,
    at_work: Option<(CallGuard, Call)>,
}

impl Work {
    pub(super) fn begin(served: &Served, context: Context) -> Self {
        let at_work = Some((context.guard(), served.call()));
        let (clock, limits) = (Arc::clone(&served.clock), served.handler.limits());
        Self { context, clock, limits, at_work }
    }

    /// Waits for the handler's answer, until the deadline.
    pub(super) async fn answer(&mut self, answer: Answer) -> Result<Reply> {
        let answered = match self.context.deadline() {
            None => Some(answer.await),
            Some(deadline) => self.clock.limit(deadline, answer).await,
        };
        answered.unwrap_or_else(|| Err(self.expire()))
    }

    /// The call has ended as its handler has.
    pub(super) fn finish(&mut self) {
        if let Some((guard, _)) = self.at_work.take() {
            guard.finish();
        }
    }

    /// The deadline has passed: the handler is gone, and what it has spawned is told.
    pub(super) fn expire(&mut self) -> Error {
        self.at_work = None;
        Error::deadline_exceeded("the caller's deadline passed before the handler had answered")
    }

    /// Whether the call has ended.
    pub(super) fn is_over(&self) -> bool {
        self.at_work.is_none()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.context.deadline()
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// The metadata that goes before the answer.
    pub(super) fn take_headers(&self) -> Metadata {
        self.context.take_headers()
    }

    /// The metadata that goes behind the answer.
    pub(super) fn take_trailers(&self) -> Metadata {
        self.context.take_trailers()
    }
}

/// When a timeout that begins now is over.
pub(super) fn deadline_in(timeout: Duration) -> Instant {
    let now = Instant::now();
    // A timeout of many years is as good as the longest one that the clock can hold.
    now.checked_add(timeout).unwrap_or_else(|| now + Duration::from_secs(u32::MAX.into()))
}
