//! What is wrong with a `.proto` file or a parameter, and where.

use std::any::Any;
use std::fmt;

use prost_types::FileDescriptorProto;

/// A problem, at a place in a `.proto` file if it has one.
///
/// Displays as protoc's own errors do: `greeter.proto:12:3: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    place: Option<Place>,
    message: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    file: String,
    position: Option<(i32, i32)>,
}

impl Diagnostic {
    /// A problem with a parameter or the request as a whole.
    pub(crate) fn general(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into() }
    }

    /// A problem with the part of a file that `path` leads to, as `SourceCodeInfo` numbers them.
    pub(crate) fn at(file: &FileDescriptorProto, path: &[i32], message: impl Into<String>) -> Self {
        let locations = file.source_code_info.iter().flat_map(|info| &info.location);
        let span = locations.into_iter().find(|location| location.path == path);
        let position = span.and_then(|location| match location.span[..] {
            [line, column, ..] => Some((line + 1, column + 1)),
            _ => None,
        });
        let place = Place { file: file.name().to_owned(), position };
        Self { place: Some(place), message: message.into() }
    }

    /// A panic of a library that generates a part: a bug, but one that must be seen.
    pub(crate) fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text");
        Self::general(format!("the generator panicked, which is a bug in it: {text}"))
    }

    /// The problem without its place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(Place { file, position }) = &self.place {
            write!(f, "{file}:")?;
            if let Some((line, column)) = position {
                write!(f, "{line}:{column}:")?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)
    }
}
