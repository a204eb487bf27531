//! Rust from `.proto` files: messages, handler traits, servers and clients for micro.
//!
//! The library is one pure function, from protoc's question to its answer: no files, no environment, no clock,
//! no threads. Two front ends call it and print the same bytes: the plugin `protoc-gen-micro-rs`, and
//! `micro-build` in a `build.rs`. In the order of the work:
//!
//! | module | job |
//! |---|---|
//! | `protocol`, `options` | what protoc asks, and the parameter |
//! | `schema` | descriptors with custom options, comments and places |
//! | `check`, `diagnostic` | mistakes, each with file, line and column |
//! | `names`, `types`, `comments` | protobuf's names and comments as Rust's |
//! | `emit` | prost prints messages, `quote` the rest, `prettyplease` all of it |
//!
#![doc = include_str!("options.md")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use prost::Message;

mod check;
mod comments;
mod diagnostic;
mod emit;
mod names;
mod options;
mod protocol;
mod schema;
mod types;

pub use options::{KNOWN as OPTIONS, Known as KnownOption};
pub use protocol::{OutputFile, Request, Response};

use options::Options;
use schema::Schema;

/// The version of this generator.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Answers protoc: an encoded request in, an encoded response out.
///
/// Mistakes in the `.proto` files are told in the response, as protoc wants it.
///
/// # Errors
/// If the bytes are no request: nobody can be answered then.
pub fn generate(request: &[u8]) -> Result<Vec<u8>, prost::DecodeError> {
    Ok(respond(&Request::decode(request)?).encode_to_vec())
}

/// Answers protoc.
#[must_use]
pub fn respond(request: &Request) -> Response {
    // prost-build panics where it could have said what it minds.
    let result = catch_unwind(AssertUnwindSafe(|| run(request))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("the generator panicked: {}", text.unwrap_or("nothing is known of it")))
    });
    Response::new(result)
}

/// The tree of modules for generated files: the text of a `mod.rs` beside them.
///
/// Each file is its name, relative to that `mod.rs`, and its text. Those that this generator did not write are left
/// out. It is for folders that several runs write into: a run with `mod_file=none` leaves the tree to be made later.
#[must_use]
pub fn tree<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let package = |text: &'a str| {
        let is_ours = text.lines().next().is_some_and(emit::tree::is_generated);
        let lines = text.lines().take_while(|line| line.starts_with("//"));
        lines.filter(|_| is_ours).find_map(|line| line.strip_prefix(emit::tree::PACKAGE))
    };
    let files = files.into_iter().filter_map(|(name, text)| Some((package(text)?, name)));
    let mut files: Vec<_> = files.collect();
    files.sort_unstable();
    emit::tree::print(files.into_iter())
}

fn run(request: &Request) -> Result<Vec<OutputFile>, String> {
    let options = Options::parse(request.parameter.as_deref().unwrap_or_default())?;
    let mut schema = Schema::read(request)?;
    schema.rename(&options.renames)?;
    schema.select(&options)?;
    let diagnostics = check::all(&schema, &options);
    if !diagnostics.is_empty() {
        return Err(diagnostic::report(diagnostics));
    }
    emit::files(&schema, &options)
}
