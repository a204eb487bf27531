//! Options in one order, whoever compiled the file: protoc writes those that are extensions as the file has them, buf by
//! its own mind.

use std::collections::BTreeMap;

use prost::bytes::Buf;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost::{DecodeError, Message as _};

use super::strip::{Kind, delimited, inside};

/// How deep messages in options are looked into; what is deeper stays as it is.
const DEPTH: u32 = 100;

/// What the options of all files may hold.
#[derive(Debug, Default)]
pub(super) struct Canonical {
    /// The fields of messages, and the extensions of them, by the full name with a dot in front.
    fields: BTreeMap<String, BTreeMap<u32, Field>>,
}

impl Canonical {
    pub(super) fn of(files: &[Vec<u8>]) -> Result<Self, DecodeError> {
        let mut canonical = Self::default();
        for encoded in files {
            let file = File::decode(&**encoded)?;
            let scope = match &*file.package {
                "" => String::new(),
                package => format!(".{package}"),
            };
            canonical.extend(file.extension);
            file.message_type.into_iter().for_each(|message| canonical.add(&scope, message));
        }
        Ok(canonical)
    }

    fn add(&mut self, scope: &str, message: Message) {
        let name = format!("{scope}.{}", message.name);
        self.extend(message.extension);
        message.nested_type.into_iter().for_each(|nested| self.add(&name, nested));
        let fields = message.field.into_iter().map(|field| (field.number, field));
        self.fields.entry(name).or_default().extend(fields);
    }

    fn extend(&mut self, extensions: Vec<Field>) {
        for field in extensions {
            let fields = self.fields.entry(field.extendee.clone()).or_default();
            fields.insert(field.number, field);
        }
    }

    /// The same descriptor, with its options in order.
    pub(super) fn rewrite(&self, kind: Kind, encoded: &[u8]) -> Result<Vec<u8>, DecodeError> {
        if let Kind::Options(name) = kind {
            return self.message(&format!(".google.protobuf.{name}"), encoded, DEPTH);
        }
        let mut out = Vec::with_capacity(encoded.len());
        for part in parts(encoded)? {
            match (inside(kind, part.tag), part.content) {
                (Some(inner), Some(content)) => {
                    delimited(part.tag, &self.rewrite(inner, content)?, &mut out);
                }
                _ => out.extend_from_slice(part.whole),
            }
        }
        Ok(out)
    }

    /// A message with its fields in the order of their numbers; the pieces of one that is there once are put together.
    fn message(&self, name: &str, encoded: &[u8], depth: u32) -> Result<Vec<u8>, DecodeError> {
        if depth == 0 {
            return Ok(encoded.to_vec());
        }
        let mut by_tag = BTreeMap::<u32, Vec<Part<'_>>>::new();
        for part in parts(encoded)? {
            by_tag.entry(part.tag).or_default().push(part);
        }
        let known = self.fields.get(name);
        let mut out = Vec::with_capacity(encoded.len());
        for (tag, parts) in by_tag {
            let field =
                known.and_then(|fields| fields.get(&tag)).filter(|field| field.is_message());
            let contents: Option<Vec<_>> = parts.iter().map(|part| part.content).collect();
            let (Some(field), Some(contents)) = (field, contents) else {
                parts.iter().for_each(|part| out.extend_from_slice(part.whole));
                continue;
            };
            let pieces = if field.is_repeated() {
                contents.into_iter().map(<[u8]>::to_vec).collect()
            } else {
                vec![contents.concat()]
            };
            for piece in pieces {
                delimited(tag, &self.message(&field.type_name, &piece, depth - 1)?, &mut out);
            }
        }
        Ok(out)
    }
}

/// A field as it is encoded.
struct Part<'a> {
    tag: u32,
    whole: &'a [u8],
    /// What is in it, if it has a length.
    content: Option<&'a [u8]>,
}

fn parts(mut rest: &[u8]) -> Result<Vec<Part<'_>>, DecodeError> {
    let mut parts = Vec::new();
    while rest.has_remaining() {
        let start = rest;
        let (tag, wire_type) = decode_key(&mut rest)?;
        let mut content = rest;
        skip_field(wire_type, tag, &mut rest, DecodeContext::default())?;
        let content = if wire_type == WireType::LengthDelimited {
            decode_varint(&mut content)?;
            Some(&content[..content.len() - rest.len()])
        } else {
            None
        };
        parts.push(Part { tag, whole: &start[..start.len() - rest.len()], content });
    }
    Ok(parts)
}

#[derive(Clone, PartialEq, prost::Message)]
struct File {
    #[prost(string, tag = "2")]
    package: String,
    #[prost(message, repeated, tag = "4")]
    message_type: Vec<Message>,
    #[prost(message, repeated, tag = "7")]
    extension: Vec<Field>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Message {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    field: Vec<Field>,
    #[prost(message, repeated, tag = "3")]
    nested_type: Vec<Self>,
    #[prost(message, repeated, tag = "6")]
    extension: Vec<Field>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Field {
    #[prost(string, tag = "2")]
    extendee: String,
    #[prost(uint32, tag = "3")]
    number: u32,
    #[prost(int32, tag = "4")]
    label: i32,
    #[prost(int32, tag = "5")]
    r#type: i32,
    #[prost(string, tag = "6")]
    type_name: String,
}

impl Field {
    /// `TYPE_MESSAGE`.
    fn is_message(&self) -> bool {
        self.r#type == 11
    }

    /// `LABEL_REPEATED`.
    fn is_repeated(&self) -> bool {
        self.label == 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(extendee: &str, number: u32, label: i32, type_name: &str) -> Field {
        let r#type = if type_name.is_empty() { 5 } else { 11 };
        let (extendee, type_name) = (extendee.to_owned(), type_name.to_owned());
        Field { extendee, number, label, r#type, type_name }
    }

    #[test]
    fn pieces_in_any_order_become_one() {
        let mut canonical = Canonical::default();
        let message = Message {
            name: "M".to_owned(),
            field: vec![field("", 1, 1, ""), field("", 2, 1, ""), field("", 3, 3, ".M")],
            ..Message::default()
        };
        canonical.add("", message);
        canonical.extend(vec![field(".google.protobuf.FileOptions", 5, 1, ".M")]);
        let sorted = |bytes: &[u8]| canonical.rewrite(Kind::Options("FileOptions"), bytes).unwrap();
        let wanted = [8, 9, 42, 8, 8, 1, 16, 2, 26, 2, 8, 1];
        // At once, in another order; and in two pieces, with another option between them.
        assert_eq!(sorted(&[42, 8, 16, 2, 26, 2, 8, 1, 8, 1, 8, 9]), wanted);
        assert_eq!(sorted(&[42, 2, 16, 2, 8, 9, 42, 6, 8, 1, 26, 2, 8, 1]), wanted);
    }
}
