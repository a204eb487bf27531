//! Editions said in the words of proto3, which is all that `prost-build` knows: features become `optional`, `packed`,
//! `required` and groups.
//!
//! One thing is lost: closed enums become open ones, as prost's are.

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use super::read::number;

/// `EDITION_2024`.
pub(crate) const NEWEST_EDITION: i32 = 1001;

/// `FeatureSet`: numbers of enums, where they are set.
#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Features {
    #[prost(int32, optional, tag = "1")]
    field_presence: Option<i32>,
    #[prost(int32, optional, tag = "3")]
    repeated_field_encoding: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    utf8_validation: Option<i32>,
    #[prost(int32, optional, tag = "5")]
    message_encoding: Option<i32>,
}

const PRESENCE_IMPLICIT: i32 = 2;
const PRESENCE_LEGACY_REQUIRED: i32 = 3;
const ENCODING_EXPANDED: i32 = 2;
const UTF8_NONE: i32 = 3;
const ENCODING_DELIMITED: i32 = 2;

impl Features {
    /// What holds inside something that says `inner`.
    fn and(self, inner: Option<Self>) -> Self {
        let inner = inner.unwrap_or_default();
        Self {
            field_presence: inner.field_presence.or(self.field_presence),
            repeated_field_encoding: inner.repeated_field_encoding.or(self.repeated_field_encoding),
            utf8_validation: inner.utf8_validation.or(self.utf8_validation),
            message_encoding: inner.message_encoding.or(self.message_encoding),
        }
    }
}

/// A `FileDescriptorProto` with what prost's does not have.
#[derive(Clone, PartialEq, prost::Message)]
struct File {
    #[prost(message, repeated, tag = "4")]
    message_type: Vec<Message>,
    #[prost(message, optional, tag = "8")]
    options: Option<FileOptions>,
    #[prost(int32, tag = "14")]
    edition: i32,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct FileOptions {
    #[prost(message, optional, tag = "50")]
    features: Option<Features>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Message {
    #[prost(message, repeated, tag = "2")]
    field: Vec<Field>,
    #[prost(message, repeated, tag = "3")]
    nested_type: Vec<Self>,
    #[prost(message, optional, tag = "7")]
    options: Option<MessageOptions>,
    #[prost(message, repeated, tag = "8")]
    oneof_decl: Vec<Oneof>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct MessageOptions {
    #[prost(message, optional, tag = "12")]
    features: Option<Features>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Field {
    #[prost(message, optional, tag = "8")]
    options: Option<FieldOptions>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct FieldOptions {
    #[prost(message, optional, tag = "21")]
    features: Option<Features>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct Oneof {
    #[prost(message, optional, tag = "2")]
    options: Option<OneofOptions>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
struct OneofOptions {
    #[prost(message, optional, tag = "1")]
    features: Option<Features>,
}

/// What cannot be said in the words of proto3, by the path of what says it.
pub(super) type Losses = Vec<(Vec<i32>, String)>;

/// Rewrites a file that is of an edition; others stay as they are.
pub(super) fn editions(
    encoded: &[u8],
    descriptor: &mut FileDescriptorProto,
) -> Result<Losses, prost::DecodeError> {
    /// `FileDescriptorProto.edition`.
    const EDITION: i32 = 14;
    let mut losses = Losses::new();
    if descriptor.syntax() != "editions" {
        return Ok(losses);
    }
    let file = File::decode(encoded)?;
    if file.edition > NEWEST_EDITION {
        losses.push((
            vec![EDITION],
            "this edition is too new; 2024 is the newest that is known".to_owned(),
        ));
    }
    let features = Features::default().and(file.options.and_then(|options| options.features));
    let messages = descriptor.message_type.iter_mut().zip(&file.message_type);
    for (index, (message, said)) in (0..).zip(messages) {
        lower_message(message, said, features, &[number::FILE_MESSAGE, index], &mut losses);
    }
    descriptor.syntax = Some("proto3".to_owned());
    Ok(losses)
}

fn lower_message(
    message: &mut DescriptorProto,
    said: &Message,
    features: Features,
    path: &[i32],
    losses: &mut Losses,
) {
    let features = features.and(said.options.and_then(|options| options.features));
    let is_entry = |nested: &&DescriptorProto| is_map_entry(nested);
    let entries: Vec<_> = message.nested_type.iter().filter(is_entry).cloned().collect();
    for (index, (field, said_field)) in (0..).zip(message.field.iter_mut().zip(&said.field)) {
        let oneof =
            field.oneof_index.and_then(|index| said.oneof_decl.get(usize::try_from(index).ok()?));
        let features = features.and(oneof.and_then(|oneof| oneof.options?.features));
        let own = said_field.options.and_then(|options| options.features);
        let features = features.and(own);
        // Maps stay maps: their entries are never groups.
        let is_of =
            |entry: &&DescriptorProto| field.type_name().rsplit('.').next() == Some(entry.name());
        let entry = entries.iter().find(is_of);
        let is_text = match entry {
            Some(entry) => entry.field.iter().any(is_string),
            None => is_string(field),
        };
        if entry.is_none() {
            lower_field(field, features);
        }
        // Said of a whole file, it is what holds in proto2, whose strings are checked here too.
        let is_unchecked = own.is_some_and(|own| own.utf8_validation == Some(UTF8_NONE));
        if is_text && is_unchecked {
            let text = "a string without utf8_validation is not supported; use bytes";
            losses.push(([path, &[number::MESSAGE_FIELD, index]].concat(), text.to_owned()));
        }
    }
    for (index, (nested, said)) in (0..).zip(message.nested_type.iter_mut().zip(&said.nested_type))
    {
        if is_map_entry(nested) {
            continue;
        }
        let path = [path, &[number::MESSAGE_NESTED, index]].concat();
        lower_message(nested, said, features, &path, losses);
    }
}

/// Whether protoc made the message up, for the entries of a map.
fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}

fn is_string(field: &FieldDescriptorProto) -> bool {
    field.r#type() == Type::String
}

fn lower_field(field: &mut FieldDescriptorProto, features: Features) {
    if field.r#type() == Type::Message && features.message_encoding == Some(ENCODING_DELIMITED) {
        field.set_type(Type::Group);
    }
    let is_message = matches!(field.r#type(), Type::Message | Type::Group);
    if field.label() == Label::Repeated {
        let packed = features.repeated_field_encoding != Some(ENCODING_EXPANDED);
        field.options.get_or_insert_default().packed = Some(packed);
    } else if field.oneof_index.is_none() {
        match features.field_presence {
            // Of a whole file, that does not mean messages.
            Some(PRESENCE_IMPLICIT) if !is_message => {}
            Some(PRESENCE_LEGACY_REQUIRED) => field.set_label(Label::Required),
            _ => field.proto3_optional = Some(true),
        }
    }
}
