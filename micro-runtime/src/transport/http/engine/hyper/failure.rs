//! Failures of HTTP as ours: a code, and how far the request got.

use std::error::Error as StdError;
use std::io;

use crate::error::{Code, Error, Reach};

const LOST: &str = "the connection was lost";

/// The same for a caller, who has to decide what to do.
const LOST_CALL: &str = "the connection was lost, and the call may have been handled: it is sent again only if its \
                         method is marked in its .proto file, or the call is .repeatable()";

/// A failure of hyper's: mostly one of HTTP/2's, or of how HTTP/1.1 cuts bodies, with something around it.
pub(super) fn exchange_failure(error: &hyper::Error) -> Error {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return stream_failure(error, LOST);
        }
        if let Some(error) = error.downcast_ref::<io::Error>().filter(|error| is_malformed(error)) {
            return Error::invalid_argument(format!("the body breaks HTTP's rules: {error}"));
        }
        cause = error.source();
    }
    lost(LOST, error)
}

fn is_malformed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
}

/// A failure before any call was sent.
pub(super) fn connection_failure(error: &h2::Error) -> Error {
    stream_failure(error, LOST)
}

/// A call that ended without an answer of its protocol.
pub(super) fn call_failure(error: &h2::Error) -> Error {
    stream_failure(error, LOST_CALL)
}

/// A stream that ended without an answer of its protocol; `text` is what is said if the connection did.
///
/// The codes for HTTP/2's are those of gRPC's `PROTOCOL-HTTP2.md`.
fn stream_failure(error: &h2::Error, text: &'static str) -> Error {
    let unprocessed =
        error.is_go_away() && error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR);
    match error.reason() {
        // A graceful end of the connection fails only the streams that the peer has not looked at.
        Some(_) if unprocessed => {
            Error::unavailable("the peer takes no more calls on this connection")
                .with_reach(Reach::NotSent)
        }
        Some(h2::Reason::REFUSED_STREAM) => {
            Error::unavailable("the peer refused the call before looking at it")
                .with_reach(Reach::NotSent)
        }
        Some(reason) if error.is_reset() => {
            let text = format!("the peer reset the call: {}", reason.description());
            Error::new(code_of(reason), text).with_reach(Reach::Lost)
        }
        _ => lost(text, error),
    }
}

fn lost(text: &'static str, error: &dyn StdError) -> Error {
    let error = error.to_string();
    Error::unavailable(text).with_reach(Reach::Lost).with_cause(error)
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
