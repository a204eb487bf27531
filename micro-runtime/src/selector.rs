//! Whom to ask: one node out of those that a registry knows.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::registry::Node;

mod filter;
mod random;
mod round_robin;

pub use filter::Filter;
pub use random::Random;
pub use round_robin::RoundRobin;

/// A strategy: it makes a [`Picker`] whenever the nodes change.
///
/// A strategy proves itself with `micro_runtime::testing::selector`.
pub trait Selector: fmt::Debug + Send + Sync + 'static {
    /// The name that configuration uses, such as `random`.
    fn name(&self) -> &str;

    /// A picker for these nodes; filters have run, and unhealthy nodes are left out.
    fn picker(&self, candidates: Arc<[Arc<Candidate>]>) -> Arc<dyn Picker>;
}

/// Picks nodes out of a fixed list, as often as there are calls: in constant time, without allocating.
pub trait Picker: fmt::Debug + Send + Sync + 'static {
    /// The index of a candidate, or `None` if there are none.
    fn pick(&self) -> Option<usize>;

    /// What became of a call to the candidate at `index`.
    fn finished(&self, index: usize, outcome: &Outcome) {
        let _ = (index, outcome);
    }
}

/// How a call to a picked node ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// From the pick to the end of the answer.
    pub elapsed: Duration,
    /// Whether the node answered, be it with an error of its own.
    pub answered: bool,
}

impl Outcome {
    /// A call that took `elapsed`, and whether the node answered it.
    #[must_use]
    pub fn new(elapsed: Duration, answered: bool) -> Self {
        Self { elapsed, answered }
    }
}

/// A node that may be picked, with what the client knows of it; it stays the same while the node does.
#[derive(Debug)]
pub struct Candidate {
    node: Arc<Node>,
    in_flight: AtomicUsize,
}

impl Candidate {
    /// A candidate for a node with no calls in flight.
    #[must_use]
    pub fn new(node: Arc<Node>) -> Self {
        Self { node, in_flight: AtomicUsize::new(0) }
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// The calls of this client that the node has not finished yet.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn start(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn finish(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}
