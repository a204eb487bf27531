//! Placeholder.
/// Placeholder.
#[derive(Debug)]
pub struct RoundRobin;
