//! What went wrong, for people: cargo prints what `main` of a build script returns with `Debug`.

use std::fmt;

/// Why nothing was generated.
pub struct Error(String);

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The same text as `Display`: several mistakes stand on lines of their own.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains('\n') {
            f.write_str("\n")?;
        }
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
