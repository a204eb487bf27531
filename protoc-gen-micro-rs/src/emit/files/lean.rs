//! File descriptors without custom options, and without the imports that only those need.

use std::collections::BTreeSet;

use prost::encoding::{WireType, encode_key, encode_varint};
use prost_types::{DescriptorProto, FieldDescriptorProto};

use crate::schema::strip::{Kind, delimited, rewrite};
use crate::schema::{File, Schema};

/// The first number that a custom option can have.
const FIRST_CUSTOM: u32 = 1000;

/// The bytes, and the names of the imports that are left.
pub(super) fn strip(file: &File, schema: &Schema) -> (Vec<u8>, Vec<String>) {
    let needed = needed(file, schema);
    let mut bytes = Vec::with_capacity(file.encoded.len());
    imports(file, &needed, &mut bytes);
    let drop = |kind, tag| match kind {
        // The imports are written already.
        Kind::File => matches!(tag, 3 | 10 | 11 | 15),
        Kind::Options(_) => tag >= FIRST_CUSTOM,
        _ => false,
    };
    rewrite(Kind::File, &file.encoded, &drop, &mut bytes)
        .expect("what was decoded once can be read again");
    let names = needed.into_iter().map(|index| file.dependencies[index].clone());
    (bytes, names.collect())
}

/// Writes the imports that are left; public and weak ones are known by their new places.
fn imports(file: &File, needed: &[usize], out: &mut Vec<u8>) {
    needed.iter().for_each(|index| delimited(3, file.dependencies[*index].as_bytes(), out));
    let lists = [(10, &file.descriptor.public_dependency), (11, &file.descriptor.weak_dependency)];
    for (tag, places) in lists {
        let old = places.iter().filter_map(|place| usize::try_from(*place).ok());
        let new = old.filter_map(|old| needed.iter().position(|index| *index == old));
        for place in new {
            encode_key(tag, WireType::Varint, out);
            encode_varint(place as u64, out);
        }
    }
}

/// The places of the imports that bring a type, or that others get through this file.
fn needed(file: &File, schema: &Schema) -> Vec<usize> {
    let mut names: BTreeSet<String> =
        file.references().into_iter().map(|(name, _)| name.to_owned()).collect();
    let extensions = file.descriptor.extension.iter();
    let messages = file.descriptor.message_type.iter();
    extensions.for_each(|extension| refer(extension, &mut names));
    messages.for_each(|message| extended(message, &mut names));
    let is_public = |index: &usize| {
        file.descriptor.public_dependency.iter().any(|place| usize::try_from(*place) == Ok(*index))
    };
    let brings = |index: &usize| {
        let mut seen = BTreeSet::new();
        brings(&file.dependencies[*index], schema, &names, &mut seen)
    };
    (0..file.dependencies.len()).filter(|index| is_public(index) || brings(index)).collect()
}

fn refer(field: &FieldDescriptorProto, names: &mut BTreeSet<String>) {
    let named = [field.extendee(), field.type_name()];
    let named = named.into_iter().filter(|name| !name.is_empty());
    names.extend(named.map(|name| name.trim_start_matches('.').to_owned()));
}

fn extended(message: &DescriptorProto, names: &mut BTreeSet<String>) {
    message.extension.iter().for_each(|extension| refer(extension, names));
    message.nested_type.iter().for_each(|nested| extended(nested, names));
}

/// Whether a file, or one that it hands on, declares one of the types.
fn brings<'a>(
    name: &'a str,
    schema: &'a Schema,
    names: &BTreeSet<String>,
    seen: &mut BTreeSet<&'a str>,
) -> bool {
    let Some(file) = schema.files.get(name).filter(|_| seen.insert(name)) else { return false };
    let messages = file.all_messages();
    let mut messages = messages.iter().map(|message| &message.declaration.full_name);
    let enums = file.all_enums();
    let mut enums = enums.iter().map(|item| &item.declaration.full_name);
    let public = file.descriptor.public_dependency.iter();
    let mut public =
        public.filter_map(|place| file.dependencies.get(usize::try_from(*place).ok()?));
    messages.any(|name| names.contains(name))
        || enums.any(|name| names.contains(name))
        || public.any(|name| brings(name, schema, names, seen))
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::protocol::Request;

    #[derive(Clone, PartialEq, prost::Message)]
    struct Descriptor {
        #[prost(string, tag = "1")]
        name: String,
        #[prost(string, repeated, tag = "3")]
        dependency: Vec<String>,
        #[prost(message, repeated, tag = "4")]
        message_type: Vec<Message>,
        #[prost(int32, repeated, packed = "false", tag = "10")]
        public_dependency: Vec<i32>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Message {
        #[prost(string, tag = "1")]
        name: String,
        #[prost(message, optional, tag = "7")]
        options: Option<Options>,
        #[prost(message, repeated, tag = "2")]
        field: Vec<Field>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Options {
        #[prost(bool, tag = "3")]
        deprecated: bool,
        #[prost(string, tag = "50001")]
        note: String,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    struct Field {
        #[prost(string, tag = "1")]
        name: String,
        #[prost(int32, tag = "3")]
        number: i32,
        #[prost(int32, tag = "4")]
        label: i32,
        #[prost(int32, tag = "5")]
        kind: i32,
        #[prost(string, tag = "6")]
        type_name: String,
    }

    fn file(name: &str, dependencies: &[&str], message_type: Vec<Message>) -> Descriptor {
        let dependency = dependencies.iter().map(|name| (*name).to_owned()).collect();
        Descriptor { name: name.to_owned(), dependency, message_type, ..Descriptor::default() }
    }

    #[test]
    fn custom_options_go_and_the_imports_that_only_they_need() {
        let message = |name: &str| Message { name: name.to_owned(), ..Message::default() };
        let note = Options { deprecated: true, note: "gone".to_owned() };
        let field = Field {
            name: "b".to_owned(),
            number: 1,
            label: 1,
            kind: 11,
            type_name: ".B".to_owned(),
        };
        let a = Message { options: Some(note), field: vec![field], ..message("A") };
        let mut a = file("a.proto", &["note.proto", "hands_on.proto", "public.proto"], vec![a]);
        a.public_dependency = vec![2];
        let mut hands_on = file("hands_on.proto", &["b.proto"], Vec::new());
        hands_on.public_dependency = vec![0];
        let files = [
            a.clone(),
            hands_on,
            file("b.proto", &[], vec![message("B")]),
            file("note.proto", &[], Vec::new()),
            file("public.proto", &[], Vec::new()),
        ];
        let proto_file = files.iter().map(Descriptor::encode_to_vec).collect();
        let schema = Schema::read(&Request { proto_file, ..Request::default() }).unwrap();
        let (bytes, imports) = strip(&schema.files["a.proto"], &schema);
        assert_eq!(imports, ["hands_on.proto", "public.proto"]);
        a.dependency = imports;
        a.public_dependency = vec![1];
        a.message_type[0].options = Some(Options { deprecated: true, ..Options::default() });
        assert_eq!(Descriptor::decode(&*bytes).unwrap(), a);
    }
}
