//! What goes wrong: one error type for handlers, clients, transports and registries.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::descriptor::MethodDesc;
use crate::metadata::Metadata;

mod code;
mod ext;

pub use code::Code;
pub use ext::WithCode;

/// The result of anything that can fail with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failed call, registration or start, with a code, a message and the facts around it.
///
/// `Display` prints code, message and facts on one line; `Debug` adds details and the chain of causes.
/// Only code, message and [details](Error::details) travel to a caller: facts and causes stay home.
///
/// ```
/// use micro_runtime::{Code, Error};
///
/// let error = Error::new(Code::NotFound, "no greeting for Ann").with_fact("service", "greeter");
/// assert_eq!(error.to_string(), "not_found: no greeting for Ann (service greeter)");
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: Code,
    message: Cow<'static, str>,
    facts: Vec<(&'static str, Cow<'static, str>)>,
    details: Vec<Detail>,
    trailers: Metadata,
    reach: Reach,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

/// How far the request got before the call failed; it decides whether a retry is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// The request never left: it can be sent elsewhere without harm.
    NotSent,
    /// The request left and no answer came: it may have been handled.
    Lost,
    /// The other side answered, and this error is the answer.
    Answered,
}

/// A typed detail of an error: a protobuf message and its type, as in `google.rpc.Status.details`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    type_url: String,
    value: Bytes,
}

impl Detail {
    /// A detail from its type URL (`type.googleapis.com/` and a full message name) and protobuf bytes.
    pub fn new(type_url: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self { type_url: type_url.into(), value: value.into() }
    }

    /// The type URL; what follows its last slash is the full name of the message.
    #[must_use]
    pub fn type_url(&self) -> &str {
        &self.type_url
    }

    /// The message in protobuf encoding.
    #[must_use]
    pub fn value(&self) -> &Bytes {
        &self.value
    }
}

impl Error {
    /// An error with a code and a message for the caller.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            code,
            message: message.into(),
            facts: Vec::new(),
            details: Vec::new(),
            trailers: Metadata::new(),
            reach: Reach::Answered,
            cause: None,
        }))
    }

    /// The answer of a method that its handler left out.
    #[must_use]
    pub fn unimplemented_method(method: &MethodDesc) -> Self {
        Self::new(
            Code::Unimplemented,
            format!("{} is not implemented by this service", method.endpoint()),
        )
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The message, without code and facts.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// How far the request got.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.0.reach
    }

    /// Whether this side made the error, because no answer was had from the other one.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.0.reach != Reach::Answered
    }

    /// The value of a fact, such as `service`, `method`, `node`, `address` or `attempt`.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.0.facts.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_ref())
    }

    /// All facts, in the order in which they were added.
    pub fn facts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.facts.iter().map(|(key, value)| (*key, value.as_ref()))
    }

    /// The typed details, which travel to the caller.
    #[must_use]
    pub fn details(&self) -> &[Detail] {
        &self.0.details
    }

    /// The metadata that came with the error, after the other side's message.
    #[must_use]
    pub fn trailers(&self) -> &Metadata {
        &self.0.trailers
    }

    /// The same error with a fact, unless the fact is known already.
    #[must_use]
    pub fn with_fact(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        if self.fact(name).is_none() {
            self.0.facts.push((name, value.into()));
        }
        self
    }

    /// The same error with one more typed detail.
    #[must_use]
    pub fn with_detail(mut self, detail: Detail) -> Self {
        self.0.details.push(detail);
        self
    }

    /// The same error with the metadata that came after the message.
    #[must_use]
    pub fn with_trailers(mut self, trailers: Metadata) -> Self {
        self.0.trailers = trailers;
        self
    }

    /// The same error with what caused it, for this side's logs only.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.cause = Some(Arc::from(cause.into()));
        self
    }

    /// The error as its caller sees it: without facts and causes, with the handler's trailers.
    ///
    /// For transports that pass errors on as they are; others lose what stays at home by themselves.
    #[must_use]
    pub fn for_caller(&self, trailers: Metadata) -> Self {
        let mut all = self.0.trailers.clone();
        all.extend(trailers);
        let error = Self::new(self.0.code, self.0.message.clone());
        let error = error.with_trailers(all).with_reach(self.0.reach);
        self.0.details.iter().cloned().fold(error, Self::with_detail)
    }

    /// The same error, saying how far the request got.
    #[must_use]
    pub fn with_reach(mut self, reach: Reach) -> Self {
        self.0.reach = reach;
        self
    }
}

macro_rules! constructors {
    ($($name:ident => $code:ident: $doc:literal,)*) => {
        impl Error {
            $(
                #[doc = $doc]
                pub fn $name(message: impl Into<Cow<'static, str>>) -> Self {
                    Self::new(Code::$code, message)
                }
            )*
        }
    };
}

constructors! {
    cancelled => Cancelled: "The caller went away or asked to stop.",
    unknown => Unknown: "Something without a code of its own.",
    invalid_argument => InvalidArgument: "The request makes no sense, whatever the state of the system.",
    deadline_exceeded => DeadlineExceeded: "The time for the call was over.",
    not_found => NotFound: "What was asked for does not exist.",
    already_exists => AlreadyExists: "What was to be made exists already.",
    permission_denied => PermissionDenied: "The caller is known and may not do this.",
    resource_exhausted => ResourceExhausted: "A limit or quota was reached.",
    failed_precondition => FailedPrecondition: "The system is not in the state that the request needs.",
    aborted => Aborted: "The operation lost against a concurrent one.",
    out_of_range => OutOfRange: "The request went past the valid range.",
    unimplemented => Unimplemented: "The method or feature is not there.",
    internal => Internal: "An invariant is broken: a bug.",
    unavailable => Unavailable: "The service cannot be reached or serve now; a later try may work.",
    data_loss => DataLoss: "Data is lost or corrupt for good.",
    unauthenticated => Unauthenticated: "The caller did not say, or not prove, who it is.",
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)?;
        for (position, (name, value)) in self.facts().enumerate() {
            let opening = if position == 0 { " (" } else { ", " };
            write!(f, "{opening}{name} {value}")?;
        }
        if self.0.facts.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        for detail in &self.0.details {
            write!(f, "\n  detail: {} ({} bytes)", detail.type_url, detail.value.len())?;
        }
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_ref().map(|cause| &**cause as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_shows_the_facts_and_debug_the_chain() {
        let io = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "refused");
        let error = Error::unavailable("no connection")
            .with_fact("service", "greeter")
            .with_fact("node", "greeter-1")
            .with_cause(io);
        assert_eq!(
            error.to_string(),
            "unavailable: no connection (service greeter, node greeter-1)"
        );
        assert_eq!(format!("{error:?}"), format!("{error}\n  caused by: refused"));
    }

    #[test]
    fn the_first_value_of_a_fact_stays() {
        let error = Error::internal("x").with_fact("node", "a").with_fact("node", "b");
        assert_eq!(error.fact("node"), Some("a"));
    }
}
