//! Contract suites: the rules of each seam, written once, for your own back ends and ours.
//!
//! A suite runs all its checks and panics with a sentence that names the broken rule. It depends on no
//! test runner and waits for events, with a limit, never for time to pass.

pub mod broker;
pub mod codec;
pub mod registry;
pub mod selector;
pub mod transport;
