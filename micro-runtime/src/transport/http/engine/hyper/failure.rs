//! hyper's failures as ours: a code, and how far the request got.

use std::error::Error as StdError;

use crate::error::{Code, Error, Reach};

/// A connection that could not be made.
pub(super) fn connection_failure(error: hyper::Error) -> Error {
    let text = format!("the peer does not answer as an HTTP/2 server: {error}");
    Error::unavailable(text).with_cause(error)
}

/// An exchange that ended without an answer of its protocol.
///
/// The codes for HTTP/2's are those of gRPC's `PROTOCOL-HTTP2.md`.
pub(super) fn exchange_failure(error: hyper::Error) -> Error {
    match reset_reason(&error) {
        Some(h2::Reason::REFUSED_STREAM) => {
            Error::unavailable("the peer refused the call before looking at it")
                .with_reach(Reach::NotSent)
                .with_cause(error)
        }
        Some(reason) => {
            let text = format!("the peer reset the call: {}", reason.description());
            Error::new(code_of(reason), text).with_reach(Reach::Lost).with_cause(error)
        }
        None => {
            Error::unavailable("the connection was lost").with_reach(Reach::Lost).with_cause(error)
        }
    }
}

/// The reason in a stream's reset; a connection that ends for any reason loses its calls.
fn reset_reason(error: &hyper::Error) -> Option<h2::Reason> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return if error.is_reset() { error.reason() } else { None };
        }
        cause = error.source();
    }
    None
}

fn code_of(reason: h2::Reason) -> Code {
    match reason {
        h2::Reason::CANCEL => Code::Cancelled,
        h2::Reason::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        h2::Reason::INADEQUATE_SECURITY => Code::PermissionDenied,
        h2::Reason::CONNECT_ERROR | h2::Reason::HTTP_1_1_REQUIRED | h2::Reason::STREAM_CLOSED => {
            Code::Unknown
        }
        _ => Code::Internal,
    }
}
