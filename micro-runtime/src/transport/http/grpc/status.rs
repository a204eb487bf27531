//! How a call ended, in gRPC's trailer fields.

use bytes::Bytes;
use prost::Message as _;

use super::super::exchange::Fields;
use super::super::metadata;
use crate::base64;
use crate::error::{Code, Detail, Error, Reach};
use crate::metadata::Metadata;

/// The fields of a call that ended well.
pub(super) fn write_ok(fields: &mut Fields, trailers: &Metadata) {
    fields.push_static("grpc-status", "0");
    metadata::write(trailers, fields);
}

/// The fields of a call that failed; facts and causes stay home.
pub(super) fn write_error(fields: &mut Fields, error: &Error, trailers: &Metadata) {
    fields.push("grpc-status", error.code().number().to_string());
    if !error.message().is_empty() {
        fields.push("grpc-message", percent_encode(error.message()));
    }
    if !error.details().is_empty() {
        let status = RpcStatus::from(error).encode_to_vec();
        fields.push("grpc-status-details-bin", base64::encode(&status));
    }
    metadata::write(error.trailers(), fields);
    metadata::write(trailers, fields);
}

/// Reads how a call ended; `None` if the fields do not say.
pub(super) fn read(fields: &Fields) -> Option<Result<(), Error>> {
    let status = fields.text("grpc-status")?;
    let number: u32 = match status.parse() {
        Ok(0) => return Some(Ok(())),
        Ok(number) => number,
        Err(_) => 2,
    };
    let code = Code::from_number(number).unwrap_or(Code::Unknown);
    let message = percent_decode(fields.text("grpc-message").unwrap_or_default());
    let details = fields.text("grpc-status-details-bin").map(details).unwrap_or_default();
    let error = Error::new(code, message).with_trailers(metadata::read(fields));
    Some(Err(details.into_iter().fold(error, Error::with_detail)))
}

fn details(text: &str) -> Vec<Detail> {
    let status = base64::decode(text.as_bytes()).and_then(|raw| RpcStatus::decode(&*raw).ok());
    let details = status.map(|status| status.details).unwrap_or_default();
    details.into_iter().map(|any| Detail::new(any.type_url, any.value)).collect()
}

/// The error for an HTTP status without a gRPC one, as gRPC's `http-grpc-status-mapping.md` has it.
pub(super) fn from_http(status: http::StatusCode) -> Error {
    let code = match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        _ => Code::Unknown,
    };
    Error::new(code, format!("the peer answered HTTP {status} in place of gRPC"))
        .with_reach(Reach::Answered)
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<RpcAny>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcAny {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
}

impl From<&Error> for RpcStatus {
    fn from(error: &Error) -> Self {
        let any = |detail: &Detail| RpcAny {
            type_url: detail.type_url().to_owned(),
            value: detail.value().clone(),
        };
        Self {
            code: error.code().number().into(),
            message: error.message().to_owned(),
            details: error.details().iter().map(any).collect(),
        }
    }
}

fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'%' | 0..=0x1f | 0x7f..=0xff => out.push_str(&format!("%{byte:02X}")),
            _ => out.push(char::from(byte)),
        }
    }
    out
}

/// Undoes percent-encoding; what is not encoded rightly stays as it is.
fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let digits = if bytes[at] == b'%' { text.get(at + 1..at + 3) } else { None };
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_way_with_details_and_trailers() {
        let mut trailers = Metadata::new();
        trailers.append("x-id", "7").unwrap();
        let sent = Error::not_found("no “Ann” at 100 %\n")
            .with_detail(Detail::new("type.googleapis.com/a.B", vec![8, 1]))
            .with_fact("secret", "stays home");
        let mut fields = Fields::default();
        write_error(&mut fields, &sent, &trailers);
        let received = read(&fields).unwrap().unwrap_err();
        assert_eq!(received.code(), Code::NotFound);
        assert_eq!(received.message(), sent.message());
        assert_eq!(received.details(), sent.details());
        assert_eq!(received.trailers().get("x-id"), Some("7"));
        assert_eq!(received.facts().count(), 0);
    }

    #[test]
    fn broken_percent_encoding_stays_as_it_is() {
        for text in ["%", "%4", "%zz", "a%é"] {
            assert_eq!(percent_decode(text), text);
        }
    }

    #[test]
    fn unknown_numbers_are_unknown_errors() {
        for text in ["17", "x"] {
            let mut fields = Fields::default();
            assert!(fields.push("grpc-status", text));
            assert_eq!(read(&fields).unwrap().unwrap_err().code(), Code::Unknown);
        }
    }
}
