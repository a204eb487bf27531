//! The built-in selectors keep the rules of all selectors, and the suite finds those that do not.

use std::sync::Arc;

use micro_runtime::selector::{Candidate, Picker, Random, RoundRobin, Selector};
use micro_runtime::testing::selector::{rules, suite};

#[test]
fn random_keeps_the_rules() {
    suite(&Random);
}

#[test]
fn round_robin_keeps_the_rules() {
    suite(&RoundRobin);
}

#[test]
fn round_robin_picks_the_nodes_in_turn() {
    let candidates = ["a", "b", "c"].map(|id| {
        let address = micro_runtime::Address::name(id);
        Arc::new(Candidate::new(Arc::new(micro_runtime::registry::Node::new(id, address))))
    });
    let picker = RoundRobin.picker(Arc::new(candidates));
    let picks: Vec<_> = (0..6).map(|_| picker.pick().unwrap()).collect();
    assert!(picks.windows(2).all(|pair| pair[1] == (pair[0] + 1) % 3), "{picks:?}");
}

/// Picks what a function of the number of nodes says.
#[derive(Debug)]
struct By(fn(usize) -> Option<usize>);

#[derive(Debug)]
struct ByPicker(usize, fn(usize) -> Option<usize>);

impl Selector for By {
    fn name(&self) -> &'static str {
        "by"
    }

    fn picker(&self, candidates: Arc<[Arc<Candidate>]>) -> Arc<dyn Picker> {
        Arc::new(ByPicker(candidates.len(), self.0))
    }
}

impl Picker for ByPicker {
    fn pick(&self) -> Option<usize> {
        self.1(self.0)
    }
}

#[test]
fn a_selector_with_a_preference_keeps_the_rules_but_for_the_spread() {
    rules(&By(|count| count.checked_sub(1)));
}

#[test]
#[should_panic(expected = "calls of the same length are spread evenly")]
fn a_preference_is_no_even_spread() {
    suite(&By(|count| count.checked_sub(1)));
}

#[test]
#[should_panic(expected = "without nodes nothing is picked")]
fn a_pick_without_nodes_is_found() {
    suite(&By(|_| Some(0)));
}

#[test]
#[should_panic(expected = "a pick is the index of a node: 7 is none of 7")]
fn a_pick_out_of_range_is_found() {
    suite(&By(|count| if count == 1 { Some(0) } else { (count > 0).then_some(count) }));
}
