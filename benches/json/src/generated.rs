//! The shapes as each generator has them.

/// Ours.
pub mod micro {
    micro_runtime::include_micro!();
    pub use shapes::v1::{Answer, Record, Report};
}

/// prost's messages with pbjson's serde traits.
pub mod peers {
    include!(concat!(env!("OUT_DIR"), "/peers/shapes.v1.rs"));
    include!(concat!(env!("OUT_DIR"), "/peers/shapes.v1.serde.rs"));
}

/// The descriptors, for prost-reflect.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/peers/shapes.bin"));
