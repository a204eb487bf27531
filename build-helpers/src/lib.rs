//! Micro services from `.proto` files, in one line of `build.rs` and with no `protoc` to install.
//!
//! ```no_run
//! fn main() -> Result<(), micro_build::Error> {
//!     micro_build::compile(["proto/**/*.proto"], ["proto"])
//! }
//! ```
//!
//! The crate then says `micro_runtime::include_micro!();` and has a module for each package. `micro/options.proto`,
//! `google/api/annotations.proto` and `google/rpc/error_details.proto` may be imported as they are: they come with
//! this crate.

mod builder;
mod descriptor_set;
mod error;
mod inputs;
mod output;
mod protoc;
mod shared;

use std::path::Path;

pub use builder::{Builder, configure};
pub use error::Error;

/// Generates code for `.proto` files, for `micro_runtime::include_micro!()` to include.
///
/// `protos` are paths or patterns such as `proto/**/*.proto`; `includes` are the folders that imports start
/// from. Code is generated for the files that they import too, but for those that come with this crate or with
/// protoc. For options see [`configure`].
///
/// # Errors
/// If a path does not exist, a pattern finds nothing, protoc does not run, or a `.proto` file has a mistake: the
/// error says which file, line and column.
pub fn compile<P: AsRef<Path>, I: AsRef<Path>>(
    protos: impl IntoIterator<Item = P>,
    includes: impl IntoIterator<Item = I>,
) -> Result<(), Error> {
    configure().compile(protos, includes)
}
