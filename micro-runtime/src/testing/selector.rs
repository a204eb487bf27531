//! The rules that every selector keeps.
//!
//! ```
//! use std::sync::Arc;
//!
//! use micro_runtime::selector::{Candidate, Picker, Selector};
//! use micro_runtime::testing::selector;
//!
//! /// Always the first node.
//! #[derive(Debug)]
//! struct First;
//!
//! #[derive(Debug)]
//! struct FirstPicker(usize);
//!
//! impl Selector for First {
//!     fn name(&self) -> &str {
//!         "first"
//!     }
//!     fn picker(&self, candidates: Arc<[Arc<Candidate>]>) -> Arc<dyn Picker> {
//!         Arc::new(FirstPicker(candidates.len()))
//!     }
//! }
//!
//! impl Picker for FirstPicker {
//!     fn pick(&self) -> Option<usize> {
//!         (self.0 > 0).then_some(0)
//!     }
//! }
//!
//! selector::rules(&First); // `suite` would also ask for an even spread
//! ```

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::Address;
use crate::registry::Node;
use crate::selector::{Candidate, Outcome, Picker, Selector};

/// Tries all rules, and that calls which take the same time are spread evenly.
///
/// # Panics
/// With a sentence that names the rule, if the selector breaks one.
pub fn suite(selector: &dyn Selector) {
    rules(selector);
    calls_are_spread_evenly(selector);
    a_new_list_of_nodes_is_spread_evenly_too(selector);
}

/// Tries the rules that also hold for selectors which prefer some nodes on purpose.
///
/// # Panics
/// With a sentence that names the rule, if the selector breaks one.
pub fn rules(selector: &dyn Selector) {
    the_name_is_one_lower_case_word(selector);
    no_nodes_no_pick(selector);
    the_only_node_is_picked_always(selector);
    picks_are_in_range_for_all_threads(selector);
    any_outcome_is_taken(selector);
}

fn candidates(count: usize) -> Arc<[Arc<Candidate>]> {
    let node = |n| Node::new(format!("node-{n:03}"), Address::name(format!("n{n}")));
    (0..count).map(|n| Arc::new(Candidate::new(Arc::new(node(n))))).collect()
}

fn the_name_is_one_lower_case_word(selector: &dyn Selector) {
    let name = selector.name();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    assert!(
        !name.is_empty() && name.chars().all(plain),
        "a selector's name is one word of lower-case letters, digits and '_': {name:?} is not"
    );
}

fn no_nodes_no_pick(selector: &dyn Selector) {
    let picker = selector.picker(candidates(0));
    assert!((0..10).all(|_| picker.pick().is_none()), "without nodes nothing is picked");
}

fn the_only_node_is_picked_always(selector: &dyn Selector) {
    let picker = selector.picker(candidates(1));
    for answered in [true, false, true] {
        assert_eq!(picker.pick(), Some(0), "the only node is picked, even after a failure");
        picker.finished(0, &Outcome::new(Duration::from_millis(1), answered));
    }
}

fn picks_are_in_range_for_all_threads(selector: &dyn Selector) {
    const COUNT: usize = 7;
    let picker = selector.picker(candidates(COUNT));
    let pick_often = || (0..5_000).for_each(|_| pick_and_finish(&*picker, COUNT));
    thread::scope(|scope| {
        let threads = [0; 4].map(|_| scope.spawn(pick_often));
        // Passing on the panic of a thread keeps its sentence.
        for thread in threads {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
}

fn pick_and_finish(picker: &dyn Picker, count: usize) {
    let index = picker.pick().expect("a node is picked if there are any");
    assert!(index < count, "a pick is the index of a node: {index} is none of {count}");
    picker.finished(index, &Outcome::new(Duration::from_micros(50), true));
}

fn any_outcome_is_taken(selector: &dyn Selector) {
    let picker = selector.picker(candidates(3));
    for elapsed in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
        for (index, answered) in [(0, true), (1, false), (2, true), (2, true)] {
            // Also outcomes of calls whose pick this picker did not see.
            picker.finished(index, &Outcome::new(elapsed, answered));
        }
        assert!(picker.pick().is_some_and(|index| index < 3), "outcomes leave nodes to pick");
    }
}

fn calls_are_spread_evenly(selector: &dyn Selector) {
    for count in [2, 3, 5, 10] {
        let all = candidates(count);
        check_spread(&*selector.picker(all.clone()), &all);
    }
}

fn a_new_list_of_nodes_is_spread_evenly_too(selector: &dyn Selector) {
    let before = candidates(4);
    check_spread(&*selector.picker(before.clone()), &before);
    // Three nodes stay, with what is known of them, and one is new.
    let after: Arc<[_]> =
        before[1..].iter().cloned().chain(candidates(5)[4..].iter().cloned()).collect();
    check_spread(&*selector.picker(after.clone()), &after);
}

/// With 2,000 picks a node, a fair selector leaves these bounds once in 10^20 runs.
fn check_spread(picker: &dyn Picker, candidates: &[Arc<Candidate>]) {
    const SHARE: usize = 2_000;
    let mut picks = vec![0_usize; candidates.len()];
    for _ in 0..SHARE * candidates.len() {
        let index = picker.pick().expect("a node is picked if there are any");
        candidates[index].start();
        picks[index] += 1;
        candidates[index].finish();
        picker.finished(index, &Outcome::new(Duration::from_micros(50), true));
    }
    for count in &picks {
        assert!(
            (SHARE * 3 / 4..=SHARE * 5 / 4).contains(count),
            "calls of the same length are spread evenly: {picks:?} are not"
        );
    }
}
