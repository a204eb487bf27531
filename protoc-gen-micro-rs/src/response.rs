//! `CodeGeneratorResponse` with the fields for editions, which prost-types lacks.

/// proto3's `optional` is understood.
const FEATURE_PROTO3_OPTIONAL: u64 = 1;
/// Editions are understood.
const FEATURE_SUPPORTS_EDITIONS: u64 = 2;
/// `EDITION_PROTO2` and `EDITION_PROTO3` of `descriptor.proto`.
const EDITION_PROTO2: i32 = 998;
const EDITION_PROTO3: i32 = 999;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CodeGeneratorResponse {
    #[prost(string, optional, tag = "1")]
    pub(crate) error: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub(crate) supported_features: Option<u64>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) minimum_edition: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    pub(crate) maximum_edition: Option<i32>,
    #[prost(message, repeated, tag = "15")]
    pub(crate) file: Vec<File>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct File {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(string, optional, tag = "15")]
    pub(crate) content: Option<String>,
}

impl CodeGeneratorResponse {
    /// Says what this generator understands; protoc refuses files that need more, by name.
    pub(crate) fn with_features(self) -> Self {
        Self {
            supported_features: Some(FEATURE_PROTO3_OPTIONAL | FEATURE_SUPPORTS_EDITIONS),
            minimum_edition: Some(EDITION_PROTO2),
            maximum_edition: Some(EDITION_PROTO3),
            ..self
        }
    }
}
