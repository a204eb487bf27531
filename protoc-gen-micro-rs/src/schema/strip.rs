//! Takes parts out of an encoded file descriptor. The rest stays as it is, since prost's own messages forget custom
//! options and what editions say.

use std::collections::BTreeSet;

use prost::bytes::Buf;
use prost::encoding::{
    DecodeContext, WireType, decode_key, decode_varint, encode_key, encode_varint, skip_field,
};
use prost::{DecodeError, Message as _};

/// Which descriptor some bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Message,
    Field,
    Oneof,
    Range,
    Enum,
    Value,
    Service,
    Method,
    /// Options, by the name of their message.
    Options(&'static str),
}

/// What a field of a descriptor holds, where it matters.
pub(super) fn inside(kind: Kind, tag: u32) -> Option<Kind> {
    let inner = match (kind, tag) {
        (Kind::File, 4) | (Kind::Message, 3) => Kind::Message,
        (Kind::File, 5) | (Kind::Message, 4) => Kind::Enum,
        (Kind::File, 6) => Kind::Service,
        (Kind::File, 7) | (Kind::Message, 2 | 6) => Kind::Field,
        (Kind::Message, 5) => Kind::Range,
        (Kind::Message, 8) => Kind::Oneof,
        (Kind::Enum, 2) => Kind::Value,
        (Kind::Service, 2) => Kind::Method,
        (Kind::File, 8) => Kind::Options("FileOptions"),
        (Kind::Field, 8) => Kind::Options("FieldOptions"),
        (Kind::Message, 7) => Kind::Options("MessageOptions"),
        (Kind::Oneof, 2) => Kind::Options("OneofOptions"),
        (Kind::Enum, 3) => Kind::Options("EnumOptions"),
        (Kind::Range, 3) => Kind::Options("ExtensionRangeOptions"),
        (Kind::Service, 3) => Kind::Options("ServiceOptions"),
        (Kind::Value, 3) => Kind::Options("EnumValueOptions"),
        (Kind::Method, 4) => Kind::Options("MethodOptions"),
        (Kind::Options("FileOptions" | "ExtensionRangeOptions"), 50)
        | (Kind::Options("MessageOptions"), 12)
        | (Kind::Options("FieldOptions"), 21)
        | (Kind::Options("OneofOptions"), 1)
        | (Kind::Options("EnumOptions"), 7)
        | (Kind::Options("EnumValueOptions"), 2)
        | (Kind::Options("ServiceOptions"), 34)
        | (Kind::Options("MethodOptions"), 35) => Kind::Options("FeatureSet"),
        _ => return None,
    };
    Some(inner)
}

/// Appends a descriptor without the fields that `drop` names.
pub(crate) fn rewrite(
    kind: Kind,
    mut rest: &[u8],
    drop: &impl Fn(Kind, u32) -> bool,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    while rest.has_remaining() {
        let start = rest;
        let (tag, wire_type) = decode_key(&mut rest)?;
        let mut content = rest;
        skip_field(wire_type, tag, &mut rest, DecodeContext::default())?;
        if drop(kind, tag) {
            continue;
        }
        let inner = inside(kind, tag).filter(|_| wire_type == WireType::LengthDelimited);
        let Some(inner) = inner else {
            out.extend_from_slice(&start[..start.len() - rest.len()]);
            continue;
        };
        decode_varint(&mut content)?;
        let content = &content[..content.len() - rest.len()];
        let mut rewritten = Vec::with_capacity(content.len());
        rewrite(inner, content, drop, &mut rewritten)?;
        // Options of which nothing is left say nothing; not every compiler writes them.
        if !rewritten.is_empty() || !matches!(inner, Kind::Options(_)) {
            delimited(tag, &rewritten, out);
        }
    }
    Ok(())
}

/// Appends a field of bytes.
pub(crate) fn delimited(tag: u32, bytes: &[u8], out: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// The options that are for sources only: protoc takes them out of descriptors that it writes, but not out of those of
/// imports that it sends a plugin.
#[derive(Debug)]
pub(super) struct SourceOptions(BTreeSet<(String, u32)>);

impl SourceOptions {
    /// Those that protobuf itself has, and those that the files declare.
    pub(super) fn of(files: &[Vec<u8>]) -> Result<Self, DecodeError> {
        // `declaration` and `verification`; `enforce_naming_style` and `default_symbol_visibility`.
        let ranges = [2, 3].map(|tag| ("ExtensionRangeOptions".to_owned(), tag));
        let features = [7, 8].map(|tag| ("FeatureSet".to_owned(), tag));
        let mut options = Self(ranges.into_iter().chain(features).collect());
        for encoded in files {
            let file = File::decode(&**encoded)?;
            file.extension.iter().for_each(|extension| options.add(extension));
            file.message_type.iter().for_each(|message| options.scope(message));
        }
        Ok(options)
    }

    fn scope(&mut self, message: &Message) {
        message.extension.iter().for_each(|extension| self.add(extension));
        message.nested_type.iter().for_each(|nested| self.scope(nested));
    }

    fn add(&mut self, extension: &Extension) {
        /// `RETENTION_SOURCE`.
        const SOURCE: i32 = 2;
        let is_for_sources = extension.options.is_some_and(|options| options.retention == SOURCE);
        if let Some(name) = extension.extendee.strip_prefix(".google.protobuf.")
            && is_for_sources
        {
            self.0.insert((name.to_owned(), extension.number));
        }
    }

    /// The file without them, and without source positions and comments.
    pub(super) fn strip(&self, encoded: &[u8]) -> Result<Vec<u8>, DecodeError> {
        /// `FileDescriptorProto.source_code_info`.
        const SOURCE_CODE_INFO: u32 = 9;
        let mut stripped = Vec::with_capacity(encoded.len());
        let drop = |kind, tag| match kind {
            Kind::File => tag == SOURCE_CODE_INFO,
            Kind::Options(name) => self.0.contains(&(name.to_owned(), tag)),
            _ => false,
        };
        rewrite(Kind::File, encoded, &drop, &mut stripped)?;
        Ok(stripped)
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct File {
    #[prost(message, repeated, tag = "4")]
    message_type: Vec<Message>,
    #[prost(message, repeated, tag = "7")]
    extension: Vec<Extension>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Message {
    #[prost(message, repeated, tag = "3")]
    nested_type: Vec<Self>,
    #[prost(message, repeated, tag = "6")]
    extension: Vec<Extension>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Extension {
    #[prost(string, tag = "2")]
    extendee: String,
    #[prost(uint32, tag = "3")]
    number: u32,
    #[prost(message, optional, tag = "8")]
    options: Option<ExtensionOptions>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct ExtensionOptions {
    #[prost(int32, tag = "17")]
    retention: i32,
}
