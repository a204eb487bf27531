//! Placeholder.
/// Placeholder.
#[derive(Debug)]
pub struct MemoryRegistry;
