//! Why nothing was generated, as one reads it in cargo's output.

use std::fmt;
use std::path::Path;

/// Why nothing was generated.
///
/// `Debug` prints the same text as `Display`, because that is what cargo shows of a `build.rs` that
/// returns it.
pub struct Error(String);

impl Error {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn no_out_dir() -> Self {
        Self::new("there is no OUT_DIR: call this from build.rs, or set out_dir")
    }

    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        Self(format!("{}: {error}", path.display()))
    }

    pub(crate) fn request(error: &dyn fmt::Display) -> Self {
        Self(format!("protoc's descriptors cannot be read: {error}"))
    }

    pub(crate) fn problems(problems: &[protoc_gen_micro_rs::Diagnostic]) -> Self {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        Self(lines.join("\n"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Behind cargo's "Error: ", a text of several lines begins on a line of its own.
        let separator = if self.0.contains('\n') { "\n" } else { "" };
        write!(f, "{separator}{}", self.0)
    }
}

impl std::error::Error for Error {}
