//! What `.proto` files say, as the generator needs it: descriptors, custom options, comments and places in one.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::FileDescriptorProto;

use crate::names;

mod canonical;
mod lower;
mod mirror;
mod read;
mod rename;
mod select;
mod sound;
mod source;
pub(crate) mod strip;

pub(crate) use lower::NEWEST_EDITION;
pub(crate) use source::Source;

/// All files of a request.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    /// By name.
    pub(crate) files: BTreeMap<String, File>,
    /// The names of those to generate code for.
    pub(crate) generate: BTreeSet<String>,
}

impl Schema {
    /// The files to generate code for, in the order of their names.
    pub(crate) fn generated(&self) -> impl Iterator<Item = &File> {
        self.generate.iter().filter_map(|name| self.files.get(name))
    }

    /// The files to generate code for, by package. Packages whose Rust modules are one are together, under the name
    /// that comes first.
    pub(crate) fn packages(&self) -> BTreeMap<&str, Vec<&File>> {
        let mut modules = BTreeMap::<_, (&str, Vec<&File>)>::new();
        for file in self.generated() {
            let (name, files) = modules.entry(names::modules(&file.package)).or_default();
            *name = if files.is_empty() { &*file.package } else { (*name).min(&*file.package) };
            files.push(file);
        }
        modules.into_values().collect()
    }
}

#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) package: String,
    pub(crate) dependencies: Vec<String>,
    /// Without source positions and comments, custom options included.
    pub(crate) encoded: Vec<u8>,
    /// For `prost-build`: without source positions and comments.
    pub(crate) descriptor: FileDescriptorProto,
    pub(crate) messages: Vec<Message>,
    pub(crate) enums: Vec<Enum>,
    pub(crate) services: Vec<Service>,
    pub(crate) source: Source,
    /// What of its edition cannot be generated, by the path of what says it.
    pub(crate) losses: Vec<(Vec<i32>, String)>,
}

impl File {
    /// Every message, those inside others too, outer ones first.
    pub(crate) fn all_messages(&self) -> Vec<&Message> {
        fn walk<'a>(messages: &'a [Message], all: &mut Vec<&'a Message>) {
            for message in messages {
                all.push(message);
                walk(&message.nested, all);
            }
        }
        let mut all = Vec::new();
        walk(&self.messages, &mut all);
        all
    }

    /// Every enum, those inside messages too.
    pub(crate) fn all_enums(&self) -> Vec<&Enum> {
        let nested = self.all_messages().into_iter().flat_map(|message| &message.enums);
        self.enums.iter().chain(nested).collect()
    }
}

/// What messages and enums have in common.
#[derive(Debug)]
pub(crate) struct Declaration {
    pub(crate) name: String,
    /// With the package, without a dot in front.
    pub(crate) full_name: String,
    /// The Rust type.
    pub(crate) rust: String,
    pub(crate) deprecated: bool,
    /// Its place among descriptors, for [`Source`].
    pub(crate) path: Vec<i32>,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) declaration: Declaration,
    /// The Rust module for what is inside it.
    pub(crate) module: String,
    pub(crate) fields: Vec<Field>,
    /// Only those that the file says: not those that `optional` stands for.
    pub(crate) oneofs: Vec<Oneof>,
    /// Without those that stand for the entries of maps.
    pub(crate) nested: Vec<Self>,
    pub(crate) enums: Vec<Enum>,
    /// From `option (micro.topic)`.
    pub(crate) topic: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Oneof {
    pub(crate) name: String,
    /// The Rust field.
    pub(crate) place: String,
    /// The Rust enum.
    pub(crate) rust: String,
    pub(crate) index: i32,
    pub(crate) path: Vec<i32>,
}

#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// The Rust field, or the variant of its oneof's enum.
    pub(crate) rust: String,
    pub(crate) deprecated: bool,
    pub(crate) json_name: String,
    pub(crate) value: Value,
    pub(crate) shape: Shape,
    pub(crate) path: Vec<i32>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Scalar(Scalar),
    /// By full name.
    Message(String),
    /// By full name.
    Enum(String),
}

/// The scalars, as far as anybody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    Bytes,
    Other,
}

/// How a field holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One, and the default is not written.
    Implicit,
    /// One or none.
    Optional,
    /// One, always.
    Required,
    List,
    /// The value is that of the entries.
    Map,
    /// A member of the oneof with this index.
    Member(i32),
}

#[derive(Debug)]
pub(crate) struct Enum {
    pub(crate) declaration: Declaration,
    pub(crate) values: Vec<EnumValue>,
}

#[derive(Debug)]
pub(crate) struct EnumValue {
    pub(crate) name: String,
    /// The Rust variant.
    pub(crate) rust: String,
    pub(crate) deprecated: bool,
    pub(crate) number: i32,
    pub(crate) path: Vec<i32>,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// How the names of its Rust types begin.
    pub(crate) rust: String,
    /// How the name of its Rust module begins.
    pub(crate) module: String,
    pub(crate) full_name: String,
    pub(crate) path: Vec<i32>,
    pub(crate) methods: Vec<Method>,
    pub(crate) deprecated: bool,
}

#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: String,
    /// The Rust method.
    pub(crate) rust: String,
    /// The full name of the request message.
    pub(crate) input: String,
    /// The full name of the response message.
    pub(crate) output: String,
    pub(crate) kind: MethodKind,
    pub(crate) http: Vec<HttpRule>,
    pub(crate) idempotency: Idempotency,
    pub(crate) path: Vec<i32>,
    pub(crate) deprecated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MethodKind {
    Unary,
    ServerStream,
    ClientStream,
    Bidi,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idempotency {
    Unknown,
    NoSideEffects,
    Idempotent,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct HttpRule {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: String,
    pub(crate) response_body: String,
    /// Whether it is a further rule of a further rule, which may not be.
    pub(crate) is_nested: bool,
}

impl HttpRule {
    /// The method of a rule that has none of `get`, `put` and the like: no method has a space.
    pub(crate) const NO_PATTERN: &str = " ";
}

impl Message {
    /// The oneof with this index.
    pub(crate) fn oneof(&self, index: i32) -> &Oneof {
        let found = self.oneofs.iter().find(|oneof| oneof.index == index);
        found.expect("a member's oneof is one that the file says")
    }

    /// The fields of the oneof with this index.
    pub(crate) fn members(&self, oneof: i32) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.shape == Shape::Member(oneof))
    }

    /// Whether prost gives it a module, for what is in it.
    pub(crate) fn has_module(&self) -> bool {
        !self.nested.is_empty() || !self.enums.is_empty() || !self.oneofs.is_empty()
    }
}
