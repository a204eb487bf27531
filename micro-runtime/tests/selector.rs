//! The built-in selectors keep the rules of all selectors.

use micro_runtime::selector::{Random, RoundRobin};
use micro_runtime::testing::selector::suite;

#[test]
fn random_keeps_the_rules() {
    suite(&Random);
}

#[test]
fn round_robin_keeps_the_rules() {
    suite(&RoundRobin);
}
