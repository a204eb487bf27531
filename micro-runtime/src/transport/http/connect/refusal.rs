//! What requests are told that are no calls: why not, and what to send.

use http::{Method, StatusCode};

use super::super::exchange::{Fields, Request, Response};
use super::super::grpc;
use super::call::is_gettable;
use super::{content_type, error};
use crate::codec::Codecs;
use crate::descriptor::{Kind, MethodDesc};
use crate::error::Error;

/// Why a request is no call: a status, fields that go with it, and an error in words.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    fields: Fields,
    error: Error,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { status: error::status(error.code()), fields: Fields::default(), error }
    }
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        error::response(refusal.status, refusal.fields, &refusal.error)
    }
}

impl Refusal {
    fn new(status: StatusCode, text: String) -> Self {
        Self { status, fields: Fields::default(), error: Error::unimplemented(text) }
    }

    fn with_field(mut self, name: &str, value: String) -> Self {
        self.fields.push(name, value);
        self
    }

    /// Nothing here has the path's name. Connect reads the status as the error's code.
    pub(super) fn unknown(error: Error) -> Self {
        Self { status: StatusCode::NOT_FOUND, fields: Fields::default(), error }
    }

    /// The method is called, but not with a method of HTTP's that can call it.
    pub(super) fn method(request: &Request, method: &MethodDesc) -> Self {
        let allowed = if is_gettable(method) { "GET, POST" } else { "POST" };
        let (verb, name) = (&request.method, method.name());
        let text = match method.kind() {
            Kind::Unary if *verb == Method::GET => format!(
                "{name} cannot be called with GET, for it is not marked NO_SIDE_EFFECTS in its .proto file: {}",
                curl(request)
            ),
            Kind::Unary => format!("{verb} does not call {name}, but {allowed}: {}", curl(request)),
            kind => streams(name, kind),
        };
        Self::new(StatusCode::METHOD_NOT_ALLOWED, text).with_field("allow", allowed.to_owned())
    }

    /// The content type does not say a message that this method takes.
    pub(super) fn content_type(request: &Request, method: &MethodDesc, codecs: &Codecs) -> Self {
        let sent = request.fields.text("content-type");
        if sent.and_then(grpc::codec_name).is_some() && request.version != http::Version::HTTP_2 {
            return Self::new(
                StatusCode::HTTP_VERSION_NOT_SUPPORTED,
                grpc_is_http2(request.version),
            );
        }
        let (text, accepted) = match method.kind() {
            Kind::Unary => {
                let types = codecs.names().map(content_type).collect::<Vec<_>>().join(", ");
                (format!("{}: send one of {types}, such as {}", wrong(sent), curl(request)), types)
            }
            kind => (streams(method.name(), kind), "application/grpc".to_owned()),
        };
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text).with_field("accept-post", accepted)
    }

    /// The codec that a GET asks for is not there.
    pub(super) fn encoding(name: &str, codecs: &Codecs) -> Self {
        let known = codecs.names().collect::<Vec<_>>().join(", ");
        let text = format!("encoding={name:?} names no codec of this service: there are {known}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text)
    }
}

fn grpc_is_http2(version: http::Version) -> String {
    format!(
        "gRPC needs HTTP/2, and this is {version:?}: curl speaks it with --http2-prior-knowledge"
    )
}

fn wrong(content_type: Option<&str>) -> String {
    match content_type {
        None => "the request has no content type".to_owned(),
        Some(form) if form.starts_with("application/x-www-form-urlencoded") => {
            "the content type says that this is a form, as curl does unless it is told otherwise"
                .to_owned()
        }
        Some(other) => format!("the content type {other:?} is not understood here"),
    }
}

fn streams(name: &str, kind: Kind) -> String {
    let what = match kind {
        Kind::ClientStream => "takes a stream",
        Kind::ServerStream => "answers with a stream",
        Kind::Unary | Kind::Bidi => "takes and answers with streams",
    };
    format!(
        "{name} {what}, and this way of calling carries one message there and one back: use gRPC"
    )
}

/// What to type for a call that is understood.
fn curl(request: &Request) -> String {
    let (host, path) = (host(request).unwrap_or("ADDRESS"), request.path.path());
    format!("curl -d '{{}}' -H 'content-type: application/json' http://{host}{path}")
}

/// Whom the request was for, if that can be pasted into a shell.
fn host(request: &Request) -> Option<&str> {
    let named = request.authority.as_ref().map(http::uri::Authority::as_str);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:-[]_".contains(&byte);
    named.or_else(|| request.fields.text("host")).filter(|host| host.bytes().all(plain))
}
