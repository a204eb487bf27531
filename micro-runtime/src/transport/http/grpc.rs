//! gRPC over HTTP/2, both sides.
//!
//! Source of the format: gRPC's `PROTOCOL-HTTP2.md`.

mod client;
mod frame;
mod server;
mod status;
mod timeout;

pub(super) use client::GrpcConnection;
pub(super) use server::Grpc;

/// The content type without a codec's name, which means protobuf.
const CONTENT_TYPE: &str = "application/grpc";

/// The codec that a content type names: `None` if it is not gRPC's.
pub(super) fn codec_name(content_type: &str) -> Option<&str> {
    let rest = content_type.strip_prefix(CONTENT_TYPE)?;
    let name = rest.split(';').next().unwrap_or_default().trim();
    match name.strip_prefix('+') {
        Some(name) => Some(name),
        None if name.is_empty() => Some("proto"),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::codec_name;

    #[test]
    fn a_content_type_names_its_codec() {
        assert_eq!(codec_name("application/grpc"), Some("proto"));
        assert_eq!(codec_name("application/grpc;charset=utf-8"), Some("proto"));
        assert_eq!(codec_name("application/grpc+json"), Some("json"));
        assert_eq!(codec_name("application/grpc-web"), None);
        assert_eq!(codec_name("application/json"), None);
    }
}
