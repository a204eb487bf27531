//! `google.rpc.BadRequest`: which field of a request is wrong, for programs to read.

use micro_runtime::codegen::prost::{self, Message};
use micro_runtime::{Detail, Error};

/// An error about one field of a request.
pub(super) fn error(field: &str, description: &str) -> Error {
    let violation = FieldViolation { field: field.to_owned(), description: description.to_owned() };
    let value = BadRequest { field_violations: vec![violation] }.encode_to_vec();
    Error::invalid_argument(format!("{field} is {description}"))
        .with_detail(Detail::new("type.googleapis.com/google.rpc.BadRequest", value))
}

#[derive(Clone, PartialEq, prost::Message)]
#[prost(prost_path = "micro_runtime::codegen::prost")]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<FieldViolation>,
}

#[derive(Clone, PartialEq, prost::Message)]
#[prost(prost_path = "micro_runtime::codegen::prost")]
struct FieldViolation {
    #[prost(string, tag = "1")]
    field: String,
    #[prost(string, tag = "2")]
    description: String,
}
