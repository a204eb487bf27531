//! Generated code in edition 2024: it has to compile without a warning, as a library that is all public.

#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, rust_2018_idioms)]

micro_runtime::include_micro!();

/// Generated with many options.
pub mod options {
    include!(concat!(env!("OUT_DIR"), "/options/mod.rs"));
}
