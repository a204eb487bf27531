//! When a call may be sent again: only if that is safe, and not so often that it makes things worse.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::descriptor::{Idempotency, Method};
use crate::error::{Code, Error, Reach};

/// Each call earns a fifth of a retry, and no more than this many are saved up.
const MAX_SAVED: u32 = 100;
const EARNED: u32 = 1;
const COST: u32 = 5;

/// What is left of the retries that a client may make, whatever it calls.
///
/// A fifth more load at most, once the savings are spent: an outage is not made worse by retries.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(MAX_SAVED * COST))
    }
}

impl Budget {
    pub(super) fn earn(&self) {
        if self.0.load(Ordering::Relaxed) < MAX_SAVED * COST {
            self.0.fetch_add(EARNED, Ordering::Relaxed);
        }
    }

    pub(super) fn spend(&self) -> bool {
        let spent = |saved: u32| saved.checked_sub(COST);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent).is_ok()
    }
}

/// The retries of one call.
#[derive(Debug)]
pub(super) struct Retries {
    left: u32,
    unsent_left: u32,
    repeatable: bool,
    made: u32,
}

impl Retries {
    /// `limit` retries of a call that may be sent twice, because its `.proto` file or the caller says so.
    pub(super) fn new(limit: u32, method: &Method, caller_allows: bool) -> Self {
        let repeatable = caller_allows || method.idempotency() != Idempotency::Unknown;
        // Each failed dial rules a node out, so this many are enough for any service that can be reached.
        Self { left: limit, unsent_left: 16, repeatable, made: 0 }
    }

    /// How long to wait before the call is sent to another node; `None` if it is not to be.
    pub(super) fn after(&mut self, error: &Error, budget: &Budget) -> Option<Duration> {
        let unsent = error.reach() == Reach::NotSent && error.code() == Code::Unavailable;
        if unsent {
            self.unsent_left = self.unsent_left.checked_sub(1)?;
            self.made += 1;
            // The first few nodes that cannot be reached cost nobody anything.
            return Some(if self.made <= 3 { Duration::ZERO } else { self.pause() });
        }
        let worth_it = error.code() == Code::Unavailable;
        if !worth_it || !self.repeatable || self.left == 0 || !budget.spend() {
            return None;
        }
        self.left -= 1;
        self.made += 1;
        Some(self.pause())
    }

    /// Up to 10 ms at first, twice as much each time after: all of it jitter.
    fn pause(&self) -> Duration {
        let most = 10_u64 << self.made.saturating_sub(1).min(6);
        Duration::from_micros(fastrand::u64(0..=most * 1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::Kind;

    fn method(idempotency: Idempotency) -> Method {
        Method::named(Kind::Unary, "a.B", "C", idempotency)
    }

    #[test]
    fn an_unmarked_call_that_was_sent_is_never_sent_again() {
        let lost = Error::unavailable("x").with_reach(Reach::Lost);
        let mut retries = Retries::new(2, &method(Idempotency::Unknown), false);
        assert!(retries.after(&lost, &Budget::default()).is_none());
    }

    #[test]
    fn a_call_that_was_not_sent_goes_elsewhere_at_once() {
        let unsent = Error::unavailable("x").with_reach(Reach::NotSent);
        let mut retries = Retries::new(0, &method(Idempotency::Unknown), false);
        assert_eq!(retries.after(&unsent, &Budget::default()), Some(Duration::ZERO));
    }

    #[test]
    fn a_marked_call_is_sent_again_as_often_as_allowed() {
        let lost = Error::unavailable("x").with_reach(Reach::Lost);
        let budget = Budget::default();
        let mut retries = Retries::new(2, &method(Idempotency::NoSideEffects), false);
        assert!(retries.after(&lost, &budget).is_some());
        assert!(retries.after(&lost, &budget).is_some());
        assert!(retries.after(&lost, &budget).is_none());
        let answered = Error::invalid_argument("x");
        let mut retries = Retries::new(2, &method(Idempotency::NoSideEffects), false);
        assert!(retries.after(&answered, &budget).is_none());
    }

    #[test]
    fn an_empty_budget_ends_all_retries_until_calls_earn_more() {
        let budget = Budget::default();
        while budget.spend() {}
        assert!(!budget.spend());
        (0..COST).for_each(|_| budget.earn());
        assert!(budget.spend());
    }
}
