//! What protoc asks and what it is answered.
//!
//! Source of the format: `google/protobuf/compiler/plugin.proto`. The published crates' answer has no fields
//! for editions, and their options forget extensions, so these are our own.

use crate::schema::NEWEST_EDITION;

/// protoc's question: `google.protobuf.compiler.CodeGeneratorRequest`.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Request {
    /// The files to generate code for; they are among [`proto_file`](Self::proto_file).
    #[prost(string, repeated, tag = "1")]
    pub file_to_generate: Vec<String>,
    /// The parameter, as in `--micro-rs_opt=PARAMETER`.
    #[prost(string, optional, tag = "2")]
    pub parameter: Option<String>,
    /// All files, each an encoded `google.protobuf.FileDescriptorProto`.
    #[prost(bytes = "vec", repeated, tag = "15")]
    pub proto_file: Vec<Vec<u8>>,
}

/// The answer: `google.protobuf.compiler.CodeGeneratorResponse`.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Response {
    /// What is wrong with the `.proto` files or the parameter; a line for each mistake.
    #[prost(string, optional, tag = "1")]
    pub error: Option<String>,
    /// What this plugin can do, one bit each: 1 is proto3's `optional`, 2 is editions.
    #[prost(uint64, optional, tag = "2")]
    pub supported_features: Option<u64>,
    /// The oldest edition that this plugin reads.
    #[prost(int32, optional, tag = "3")]
    pub minimum_edition: Option<i32>,
    /// The newest edition that this plugin reads.
    #[prost(int32, optional, tag = "4")]
    pub maximum_edition: Option<i32>,
    /// What was generated.
    #[prost(message, repeated, tag = "15")]
    pub file: Vec<OutputFile>,
}

/// A generated file.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct OutputFile {
    /// Its name, relative to the output folder.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// Its text.
    #[prost(string, optional, tag = "15")]
    pub content: Option<String>,
}

/// proto3's `optional`, and editions.
const FEATURES: u64 = 1 | 2;
/// `EDITION_PROTO2`.
const OLDEST_EDITION: i32 = 998;

impl Response {
    pub(crate) fn new(result: Result<Vec<OutputFile>, String>) -> Self {
        let (file, error) = match result {
            Ok(files) => (files, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        Self {
            error,
            supported_features: Some(FEATURES),
            minimum_edition: Some(OLDEST_EDITION),
            maximum_edition: Some(NEWEST_EDITION),
            file,
        }
    }
}

impl OutputFile {
    pub(crate) fn new(name: String, content: String) -> Self {
        Self { name: Some(name), content: Some(content) }
    }
}
