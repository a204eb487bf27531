//! The details of errors that many systems understand: `google.rpc`'s.
//!
//! A detail is [packed](crate::Detail::pack) into an error by the one who fails, and [unpacked](crate::Error::detail)
//! by the caller. A `.proto` file may import `google/rpc/error_details.proto` and means these types.
//!
//! ```
//! use micro_runtime::rpc::{BadRequest, bad_request::FieldViolation};
//! use micro_runtime::{Detail, Error};
//!
//! let violation = FieldViolation {
//!     field: "name".to_owned(),
//!     description: "is empty: say whom to greet".to_owned(),
//!     ..FieldViolation::default()
//! };
//! let detail = BadRequest { field_violations: vec![violation] };
//! let error = Error::invalid_argument("name is empty").with_detail(Detail::pack(&detail));
//!
//! // The caller's side:
//! assert!(matches!(error.detail::<BadRequest>(), Ok(Some(received)) if received == detail));
//! ```

pub use crate::generated::google::rpc::{
    BadRequest, DebugInfo, ErrorInfo, Help, LocalizedMessage, PreconditionFailure, QuotaFailure,
    RequestInfo, ResourceInfo, RetryInfo, bad_request, help, precondition_failure, quota_failure,
};
