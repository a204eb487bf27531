//! What becomes of a message whose handler failed.

use std::time::Duration;

use crate::error::{Code, Error};

/// What to do with a message after its handler returned an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Handle it again, after a pause.
    Retry,
    /// Handle it no more: it goes to the dead letters.
    Reject,
}

/// How often a message is handled, how long the pauses are in between, and which errors are worth it.
///
/// By default five times, with pauses that double from 100 ms to 10 s at most, of which up to a half is
/// left out at random. An error that says that the message itself is wrong rejects it at once:
///
/// | code | decision |
/// |---|---|
/// | `unavailable`, `deadline_exceeded`, `resource_exhausted`, `aborted`, `cancelled`, `internal`, `unknown`, `failed_precondition`, `unauthenticated`, `permission_denied` | retry |
/// | `invalid_argument`, `not_found`, `already_exists`, `out_of_range`, `unimplemented`, `data_loss` | reject |
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    attempts: u32,
    first_pause: Duration,
    longest_pause: Duration,
    decide: fn(&Error) -> Decision,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(10),
            decide: by_code,
        }
    }
}

impl RetryPolicy {
    /// As often as it takes, with pauses of up to half a minute.
    pub(super) fn endless() -> Self {
        let longest_pause = Duration::from_secs(30);
        Self { attempts: u32::MAX, longest_pause, decide: |_| Decision::Retry, ..Self::default() }
    }

    /// The same with another number of times that a message is handled at most; at least 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The same with other pauses: the first, and the longest that doubling leads to.
    #[must_use]
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        (self.first_pause, self.longest_pause) = (first, longest.max(first));
        self
    }

    /// The same with another opinion of which errors are worth another try.
    #[must_use]
    pub fn decide(mut self, decide: fn(&Error) -> Decision) -> Self {
        self.decide = decide;
        self
    }

    /// How long to wait before a message is handled again; `None` if it is to be rejected.
    pub(super) fn after(&self, attempt: u32, error: &Error) -> Option<Duration> {
        if attempt >= self.attempts || (self.decide)(error) == Decision::Reject {
            return None;
        }
        Some(self.pause(attempt))
    }

    /// Whether a message was handed out so often without an answer that it is not to be tried again.
    pub(super) fn is_hopeless(&self, attempt: u32) -> bool {
        attempt > self.attempts
    }

    /// Between a half and all of what doubling leads to.
    pub(super) fn pause(&self, attempt: u32) -> Duration {
        let doubled = self.first_pause.saturating_mul(1 << attempt.saturating_sub(1).min(20));
        doubled.min(self.longest_pause).mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

/// The default: an error about the message itself will not go away.
fn by_code(error: &Error) -> Decision {
    match error.code() {
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss => Decision::Reject,
        _ => Decision::Retry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_never_shrink_below_half() {
        let policy = RetryPolicy::default().attempts(100);
        for (attempt, most) in [(1, 100), (2, 200), (5, 1_600), (9, 10_000), (90, 10_000)] {
            let most = Duration::from_millis(most);
            let pause = policy.after(attempt, &Error::unavailable("x")).unwrap();
            assert!(pause >= most / 2 && pause <= most, "{attempt}: {pause:?}");
        }
    }

    #[test]
    fn a_message_that_is_wrong_or_was_tried_often_enough_is_rejected() {
        let policy = RetryPolicy::default().attempts(2);
        assert!(policy.after(1, &Error::invalid_argument("x")).is_none());
        assert!(policy.after(1, &Error::internal("x")).is_some());
        assert!(policy.after(2, &Error::internal("x")).is_none());
        let stubborn = policy.decide(|_| Decision::Retry);
        assert!(stubborn.after(1, &Error::invalid_argument("x")).is_some());
    }
}
