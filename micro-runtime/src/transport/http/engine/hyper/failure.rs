//! Failures of HTTP as ours: a code, and how far the request got.

use std::error::Error as StdError;
use std::io;

use crate::error::{Code, Error, Reach};

/// A failure of hyper's: mostly one of HTTP/2's, or of how HTTP/1.1 cuts bodies, with something around it.
pub(super) fn exchange_failure(error: &hyper::Error) -> Error {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<h2::Error>() {
            return stream_failure(error);
        }
        if let Some(error) = error.downcast_ref::<io::Error>().filter(|error| is_malformed(error)) {
            return Error::invalid_argument(format!("the body breaks HTTP's rules: {error}"));
        }
        cause = error.source();
    }
    lost(error)
}

fn is_malformed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
}

/// A stream that ended without an answer of its protocol.
///
/// The codes for HTTP/2's are those of gRPC's `PROTOCOL-HTTP2.md`.
pub(super) fn stream_failure(error: &h2::Error) -> Error {
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
        _ => lost(error),
    }
}

fn lost(error: &dyn StdError) -> Error {
    let error = error.to_string();
    Error::unavailable("the connection was lost").with_reach(Reach::Lost).with_cause(error)
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
