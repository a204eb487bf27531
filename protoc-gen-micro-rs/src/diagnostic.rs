//! Mistakes in `.proto` files, with their place.

use std::fmt;

/// One mistake: `greeter.proto:12:3: what is wrong, and what to do`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Diagnostic {
    pub(crate) file: String,
    pub(crate) place: Option<Place>,
    pub(crate) message: String,
}

/// A line and column, both counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: i32,
    pub(crate) column: i32,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, place, message } = self;
        match place {
            Some(Place { line, column }) => write!(f, "{file}:{line}:{column}: {message}"),
            None => write!(f, "{file}: {message}"),
        }
    }
}

/// Each as a line, in the order of files and lines.
pub(crate) fn lines(mut diagnostics: Vec<Diagnostic>) -> Vec<String> {
    diagnostics.sort();
    diagnostics.dedup();
    diagnostics.iter().map(Diagnostic::to_string).collect()
}
