//! A call in the head of a request: which method, how, and by when.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::super::exchange::Request;
use super::super::metadata;
use super::super::work::deadline_in;
use super::codec_name;
use super::message::WholeBody;
use super::query::Query;
use super::refusal::Refusal;
use crate::codec::Codec;
use crate::context::Context;
use crate::descriptor::{Idempotency, Kind, MethodDesc};
use crate::error::{Error, Result};
use crate::transport::{Handle, Incoming, Route, ServerCall};

/// Reads a request.
///
/// What a refused request still sends is left in it.
pub(super) fn read(
    request: &mut Request,
    handler: &dyn Handle,
) -> std::result::Result<(Route, ServerCall), Refusal> {
    let route = handler.route(request.path.path()).map_err(Refusal::unknown)?;
    let method = route.method();
    if request.method == http::Method::GET && is_gettable(method) {
        Ok((route, from_query(request, handler)?))
    } else if request.method == http::Method::POST {
        Ok((route, from_body(request, handler, method)?))
    } else {
        Err(Refusal::method(request, method))
    }
}

/// Whether a method may be called with GET.
pub(super) fn is_gettable(method: &MethodDesc) -> bool {
    method.kind() == Kind::Unary && method.idempotency_level() == Idempotency::NoSideEffects
}

fn from_query(
    request: &mut Request,
    handler: &dyn Handle,
) -> std::result::Result<ServerCall, Refusal> {
    let query = Query::read(request.path.query().unwrap_or_default())?;
    let name = query.encoding.as_deref().unwrap_or("json");
    let codecs = handler.codecs();
    let codec = codecs.find(name).ok_or_else(|| Refusal::encoding(name, codecs))?;
    uncompressed(query.compression.as_deref())?;
    let message = query.message()?.unwrap_or_else(|| empty(&**codec));
    handler.limits().check_receive(message.len())?;
    let context = context(request)?;
    Ok(ServerCall::new(context, Arc::clone(codec), Incoming::one(message)))
}

/// A message without fields.
fn empty(codec: &dyn Codec) -> Bytes {
    Bytes::from_static(if codec.name() == "json" { b"{}" } else { b"" })
}

fn from_body(
    request: &mut Request,
    handler: &dyn Handle,
    method: &'static MethodDesc,
) -> std::result::Result<ServerCall, Refusal> {
    let named = request.fields.text("content-type").and_then(codec_name);
    let codec = match named.and_then(|name| handler.codecs().find(name)) {
        Some(codec) if method.kind() == Kind::Unary => Arc::clone(codec),
        _ => return Err(Refusal::content_type(request, method, handler.codecs())),
    };
    uncompressed(request.fields.text("content-encoding"))?;
    let limits = handler.limits();
    let length = request.fields.text("content-length").and_then(|text| text.parse().ok());
    limits.check_receive(length.unwrap_or(0))?;
    let context = context(request)?;
    let body = WholeBody::new(request, limits);
    Ok(ServerCall::new(context, codec, Incoming::new(body)))
}

fn context(request: &mut Request) -> Result<Context> {
    let fields = &request.fields;
    let version = fields.text("connect-protocol-version");
    if let Some(version) = version.filter(|version| *version != "1") {
        return Err(Error::invalid_argument(format!(
            "connect-protocol-version {version:?} is not spoken here: send 1, or leave it out"
        )));
    }
    let deadline = fields.text("connect-timeout-ms").map(deadline).transpose()?;
    let metadata = metadata::lazy(std::mem::take(&mut request.fields));
    Ok(Context::new(metadata, deadline, std::mem::take(&mut request.peer)))
}

fn deadline(header: &str) -> Result<Instant> {
    let plain = header.len() <= 10 && header.bytes().all(|byte| byte.is_ascii_digit());
    let millis = header.parse().ok().filter(|_| plain).ok_or_else(|| {
        Error::invalid_argument(format!(
            "connect-timeout-ms {header:?} is none: wanted milliseconds in at most 10 digits"
        ))
    })?;
    Ok(deadline_in(Duration::from_millis(millis)))
}

fn uncompressed(encoding: Option<&str>) -> Result<()> {
    match encoding {
        None | Some("" | "identity") => Ok(()),
        Some(other) => Err(Error::unimplemented(format!(
            "messages compressed with {other:?} are not understood here: send them uncompressed"
        ))),
    }
}
