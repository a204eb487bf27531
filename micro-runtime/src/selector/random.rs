//! The default strategy: any node, each as likely as the others.

use std::sync::Arc;

use super::{Candidate, Picker, Selector};

/// Picks any node, each as likely as the others; called `random`.
///
/// It needs no state, so many callers that start together do not all begin with the same node.
#[derive(Clone, Copy, Debug, Default)]
pub struct Random;

impl Selector for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn picker(&self, candidates: Arc<[Arc<Candidate>]>) -> Arc<dyn Picker> {
        Arc::new(RandomPicker { count: candidates.len() })
    }
}

#[derive(Debug)]
struct RandomPicker {
    count: usize,
}

impl Picker for RandomPicker {
    fn pick(&self) -> Option<usize> {
        (self.count > 0).then(|| fastrand::usize(..self.count))
    }
}
