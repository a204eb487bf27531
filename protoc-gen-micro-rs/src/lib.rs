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

/// An answer to protoc, and what to tell people beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The answer; mistakes in the `.proto` files are told in it, as protoc wants it.
    pub response: Response,
    /// What looks wrong in the `.proto` files, and can be generated all the same.
    pub warnings: Vec<String>,
}

/// Answers protoc.
#[must_use]
pub fn answer(request: &Request) -> Answer {
    let mut warnings = Vec::new();
    let result = caught(|| run(request, &mut warnings));
    Answer { response: Response::new(result), warnings }
}

/// A panic inside is an answer too: protoc shows it, and knows what it was doing.
fn caught<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("the generator panicked: {}", text.unwrap_or("nothing is known of it")))
    })
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

fn run(request: &Request, warnings: &mut Vec<String>) -> Result<Vec<OutputFile>, String> {
    let options = Options::parse(request.parameter.as_deref().unwrap_or_default())?;
    let mut schema = Schema::read(request)?;
    schema.rename(&options.renames)?;
    schema.select(&options)?;
    let diagnostics = check::all(&schema, &options);
    if !diagnostics.is_empty() {
        return Err(diagnostic::lines(diagnostics).join("\n"));
    }
    *warnings = diagnostic::lines(check::warnings(&schema));
    emit::files(&schema, &options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_is_an_answer_too() {
        let said = caught::<()>(|| panic!("number {}", 7)).unwrap_err();
        assert_eq!(said, "the generator panicked: number 7");
        assert_eq!(caught(|| Ok(7)), Ok(7));
    }
}
