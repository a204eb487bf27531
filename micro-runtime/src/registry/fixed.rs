//! Placeholder.
/// Placeholder.
#[derive(Debug)]
pub struct FixedRegistry;
