//! The strategy that asks all nodes in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Candidate, Picker, Selector};

/// Picks the nodes in turn, beginning with any of them; called `round_robin`.
///
/// The first node is random, for each list of nodes anew, so that callers which start together or see
/// the same change do not ask the same node in step.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoundRobin;

impl Selector for RoundRobin {
    fn name(&self) -> &'static str {
        "round_robin"
    }

    fn picker(&self, candidates: Arc<[Arc<Candidate>]>) -> Arc<dyn Picker> {
        let count = candidates.len();
        let first = if count == 0 { 0 } else { fastrand::usize(..count) };
        Arc::new(RoundRobinPicker { count, next: AtomicUsize::new(first) })
    }
}

#[derive(Debug)]
struct RoundRobinPicker {
    count: usize,
    next: AtomicUsize,
}

impl Picker for RoundRobinPicker {
    fn pick(&self) -> Option<usize> {
        (self.count > 0).then(|| self.next.fetch_add(1, Ordering::Relaxed) % self.count)
    }
}
