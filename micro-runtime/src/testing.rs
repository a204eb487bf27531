//! For tests: a [`World`] of services in memory, and contract suites.
//!
//! A suite holds the rules of a seam, written once, for your own back ends and ours. It runs all its checks
//! and panics with a sentence that names the broken rule. It depends on no test runner and waits for
//! events, with a limit, never for time to pass.

pub mod broker;
pub mod codec;
pub mod registry;
pub mod selector;
pub mod transport;

mod world;

pub use world::World;
