//! Placeholder.
/// Placeholder.
#[derive(Debug)]
pub struct Random;
