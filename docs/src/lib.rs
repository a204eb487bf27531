//! The guide to micro, as tests: each chapter of `docs/guide` is a module here, and each of its examples runs.
//!
//! An example without a `main` of its own runs in a [`Setting`].

pub mod chapter;
pub mod commands;
mod english;
pub mod placeholders;
mod setting;
pub mod snippets;

pub use english::English;
/// The runtime that this was built with, for programs that tests compile by hand.
pub use micro_runtime;
pub use setting::Setting;

micro_runtime::include_micro!();

include!(concat!(env!("OUT_DIR"), "/chapters.rs"));
