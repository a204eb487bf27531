//! Placeholder.
/// Placeholder.
#[derive(Debug)]
pub struct Filter;
