//! x
micro_runtime::include_micro!();
fn main() {}
