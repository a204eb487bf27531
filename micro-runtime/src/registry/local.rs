//! Placeholder.
/// Placeholder.
#[derive(Debug)]
pub struct LocalRegistry;
