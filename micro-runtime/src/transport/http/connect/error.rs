//! Errors as Connect says them: an HTTP status, and a JSON body.

use bytes::Bytes;
use serde::Serialize;

use super::super::exchange::{Body, Fields, Response};
use crate::base64;
use crate::error::{Code, Detail, Error};

/// Each code with its name and HTTP status.
const CODES: [(Code, &str, u16); 16] = [
    (Code::Cancelled, "canceled", 499),
    (Code::Unknown, "unknown", 500),
    (Code::InvalidArgument, "invalid_argument", 400),
    (Code::DeadlineExceeded, "deadline_exceeded", 504),
    (Code::NotFound, "not_found", 404),
    (Code::AlreadyExists, "already_exists", 409),
    (Code::PermissionDenied, "permission_denied", 403),
    (Code::ResourceExhausted, "resource_exhausted", 429),
    (Code::FailedPrecondition, "failed_precondition", 400),
    (Code::Aborted, "aborted", 409),
    (Code::OutOfRange, "out_of_range", 400),
    (Code::Unimplemented, "unimplemented", 501),
    (Code::Internal, "internal", 500),
    (Code::Unavailable, "unavailable", 503),
    (Code::DataLoss, "data_loss", 500),
    (Code::Unauthenticated, "unauthenticated", 401),
];

fn known(code: Code) -> (&'static str, u16) {
    let (_, name, status) = CODES[usize::from(code.number()) - 1];
    (name, status)
}

/// The HTTP status that goes with a code.
pub(super) fn status(code: Code) -> http::StatusCode {
    http::StatusCode::from_u16(known(code).1).expect("the table holds statuses")
}

/// A response that tells an error; facts and causes stay home.
pub(super) fn response(status: http::StatusCode, mut fields: Fields, error: &Error) -> Response {
    fields.push_static("content-type", "application/json");
    Response::new(status, fields, Body::full(Bytes::from(text(error)), None))
}

fn text(error: &Error) -> Vec<u8> {
    let details = error.details().iter().map(DetailText::from).collect();
    let text = ErrorText { code: known(error.code()).0, message: error.message(), details };
    serde_json::to_vec(&text).expect("texts have a JSON form")
}

#[derive(Serialize)]
struct ErrorText<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<DetailText<'a>>,
}

#[derive(Serialize)]
struct DetailText<'a> {
    r#type: &'a str,
    value: String,
}

impl<'a> From<&'a Detail> for DetailText<'a> {
    fn from(detail: &'a Detail) -> Self {
        let url = detail.type_url();
        let name = url.rsplit_once('/').map_or(url, |(_, name)| name);
        Self { r#type: name, value: base64::encode(detail.value()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_each_code_at_its_number() {
        for (index, (code, name, number)) in CODES.into_iter().enumerate() {
            assert_eq!(usize::from(code.number()), index + 1);
            assert_eq!(status(code).as_u16(), number);
            // Connect spells one of them as Americans do.
            assert_eq!(name, code.name().replace("cancelled", "canceled"));
        }
    }

    #[test]
    fn an_error_is_told_without_what_stays_home() {
        let error = Error::not_found("no \"Ann\"").with_fact("secret", "x").with_cause("y");
        let told = |error: &Error| String::from_utf8(text(error)).unwrap();
        assert_eq!(told(&error), r#"{"code":"not_found","message":"no \"Ann\""}"#);
        let error = Error::cancelled("").with_detail(Detail::new("host/a/b.C", vec![0xfb, 0xff]));
        let wanted = r#"{"code":"canceled","details":[{"type":"b.C","value":"+/8"}]}"#;
        assert_eq!(told(&error), wanted);
    }
}
