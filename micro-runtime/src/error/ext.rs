//! The one idiom that turns a foreign error into ours: `.with_code(Code::NotFound)?`.

use std::error::Error as StdError;

use super::{Code, Error, Result};

/// Gives a foreign error a code, so that `?` can carry it out of a handler.
///
/// The caller reads the foreign error's text as the message; its chain of causes stays home.
///
/// ```
/// use micro_runtime::{Code, Result, WithCode};
///
/// fn parse(text: &str) -> Result<u32> {
///     Ok(text.parse::<u32>().with_code(Code::InvalidArgument)?)
/// }
/// assert_eq!(parse("x").unwrap_err().to_string(), "invalid_argument: invalid digit found in string");
/// ```
pub trait WithCode<T> {
    /// The value, or the foreign error as an [`Error`] with `code`.
    ///
    /// # Errors
    /// Fails as the foreign result did.
    fn with_code(self, code: Code) -> Result<T>;
}

impl<T, E: Into<Box<dyn StdError + Send + Sync>>> WithCode<T> for std::result::Result<T, E> {
    fn with_code(self, code: Code) -> Result<T> {
        self.map_err(|foreign| {
            let foreign = foreign.into();
            Error::new(code, foreign.to_string()).with_cause(foreign)
        })
    }
}

impl<T> WithCode<T> for Option<T> {
    fn with_code(self, code: Code) -> Result<T> {
        self.ok_or_else(|| Error::new(code, code.name()))
    }
}
