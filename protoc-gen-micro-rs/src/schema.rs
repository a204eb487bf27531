//! What `.proto` files say, as the generator needs it: descriptors, custom options, comments and places in one.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::FileDescriptorProto;

use crate::names;

mod lower;
mod mirror;
mod read;
mod source;
mod strip;

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

    /// The files to generate code for, by package.
    pub(crate) fn packages(&self) -> BTreeMap<&str, Vec<&File>> {
        let mut packages = BTreeMap::<_, Vec<_>>::new();
        for file in self.generated() {
            packages.entry(&*file.package).or_default().push(file);
        }
        packages
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
    /// The names of the messages around it, outermost first.
    pub(crate) scope: Vec<String>,
    /// Its place among descriptors, for [`Source`].
    pub(crate) path: Vec<i32>,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) declaration: Declaration,
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
    pub(crate) index: i32,
    pub(crate) path: Vec<i32>,
}

#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) json_name: String,
    pub(crate) value: Value,
    pub(crate) shape: Shape,
    pub(crate) path: Vec<i32>,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Scalar,
    /// By full name.
    Message(String),
    /// By full name.
    Enum(String),
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
    pub(crate) number: i32,
    pub(crate) path: Vec<i32>,
}

#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) full_name: String,
    pub(crate) path: Vec<i32>,
    pub(crate) methods: Vec<Method>,
    pub(crate) deprecated: bool,
}

#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: String,
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
}

impl Message {
    /// The oneof with this index.
    pub(crate) fn oneof(&self, index: i32) -> &Oneof {
        let found = self.oneofs.iter().find(|oneof| oneof.index == index);
        found.expect("a member's oneof is one that the file says")
    }

    /// The Rust name of a oneof's enum; where a nested type has that name already, prost adds to it.
    pub(crate) fn oneof_type(&self, oneof: &str) -> String {
        let name = names::camel(oneof);
        let nested = self.nested.iter().map(|message| &message.declaration);
        let mut types = nested.chain(self.enums.iter().map(|item| &item.declaration));
        if types.any(|item| names::camel(&item.name) == name) { name + "OneOf" } else { name }
    }
}
