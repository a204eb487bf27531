//! Rust names that prost would not give: it gets descriptors with names that nobody has, and in what it prints those
//! become the names that are wanted.

use std::collections::HashMap;

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use crate::names;
use crate::schema::{Enum, Field, File, Message, Schema, Shape};
use crate::types::Types;

/// What stands for what.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    /// Texts that prost prints, each with what it becomes.
    texts: Vec<(String, String)>,
    /// Paths of protobuf, each with the one that prost is told.
    paths: HashMap<String, String>,
    /// By enum and value.
    values: HashMap<(String, String), String>,
}

/// One name that nobody has, in the spellings that prost makes of it.
struct Name(usize);

impl Name {
    // One word, so that no enum's name can be a prefix that prost takes away.
    fn camel(&self) -> String {
        format!("Renamedbymicro{}x", self.0)
    }

    fn snake(&self) -> String {
        format!("renamedbymicro{}x", self.0)
    }

    fn constant(&self) -> String {
        format!("RENAMEDBYMICRO{}X", self.0)
    }
}

impl Placeholders {
    /// The placeholders, and the descriptors for prost in the order of the schema's files.
    pub(super) fn new(schema: &Schema, types: &Types<'_>) -> (Self, Vec<FileDescriptorProto>) {
        let mut placeholders = Self::default();
        let files = schema.files.values();
        let mut descriptors: Vec<_> = files.map(|file| placeholders.file(file, types)).collect();
        for descriptor in &mut descriptors {
            for message in &mut descriptor.message_type {
                placeholders.refer(message);
            }
        }
        (placeholders, descriptors)
    }

    /// The path that prost is told for a path of protobuf.
    pub(super) fn translate(&self, path: &str) -> String {
        let mut known = path;
        loop {
            if let Some(told) = self.paths.get(known) {
                return told.clone() + &path[known.len()..];
            }
            match known.rsplit_once('.') {
                Some((outer, _)) if !outer.is_empty() => known = outer,
                _ => return path.to_owned(),
            }
        }
    }

    /// What prost printed, with the names that are wanted.
    pub(super) fn resolve(&self, mut text: String) -> String {
        for (placeholder, wanted) in &self.texts {
            text = text.replace(placeholder, wanted);
        }
        text
    }

    fn name(&mut self) -> Name {
        Name(self.texts.len())
    }

    fn becomes(&mut self, placeholder: String, wanted: &str) {
        self.texts.push((placeholder, wanted.to_owned()));
    }

    fn file(&mut self, file: &File, types: &Types<'_>) -> FileDescriptorProto {
        let mut descriptor = file.descriptor.clone();
        let package =
            if file.package.is_empty() { String::new() } else { format!(".{}", file.package) };
        for message in &file.messages {
            let index = last(&message.declaration.path);
            self.message(message, &mut descriptor.message_type[index], &package, types);
        }
        for item in &file.enums {
            let index = last(&item.declaration.path);
            self.enumeration(item, &mut descriptor.enum_type[index], &package, types);
        }
        descriptor
    }

    fn message(
        &mut self,
        message: &Message,
        descriptor: &mut DescriptorProto,
        outer: &str,
        types: &Types<'_>,
    ) {
        if types.is_extern(&message.declaration.full_name) {
            return;
        }
        let declaration = &message.declaration;
        let usual = (names::camel(&declaration.name), names::snake(&declaration.name));
        let is_usual = usual == (declaration.rust.clone(), message.module.clone());
        if !is_usual || names::is_blank(&declaration.name) {
            let name = self.name();
            self.becomes(name.camel(), &declaration.rust);
            self.becomes(name.snake(), &message.module);
            descriptor.name = Some(name.camel());
        }
        let told = format!("{outer}.{}", descriptor.name());
        if told != format!(".{}", declaration.full_name) {
            self.paths.insert(format!(".{}", declaration.full_name), told.clone());
        }
        for field in &message.fields {
            self.field(message, field, &mut descriptor.field[last(&field.path)], &told);
        }
        self.oneofs(message, descriptor, &told);
        for nested in &message.nested {
            let index = last(&nested.declaration.path);
            self.message(nested, &mut descriptor.nested_type[index], &told, types);
        }
        for item in &message.enums {
            let index = last(&item.declaration.path);
            self.enumeration(item, &mut descriptor.enum_type[index], &told, types);
        }
    }

    fn field(
        &mut self,
        message: &Message,
        field: &Field,
        descriptor: &mut FieldDescriptorProto,
        outer: &str,
    ) {
        let is_member = matches!(field.shape, Shape::Member(_));
        let usual = if is_member { names::camel(&field.name) } else { names::snake(&field.name) };
        if usual == field.rust && !names::is_blank(&field.name) {
            return;
        }
        let name = self.name();
        let placeholder = if is_member { name.camel() } else { name.snake() };
        self.becomes(placeholder, &field.rust);
        descriptor.name = Some(name.snake());
        let path = format!(".{}.{}", message.declaration.full_name, field.name);
        self.paths.insert(path, format!("{outer}.{}", name.snake()));
    }

    fn oneofs(&mut self, message: &Message, descriptor: &mut DescriptorProto, outer: &str) {
        for oneof in &message.oneofs {
            // Where a nested type has its name, what prost calls it depends on what that is called now.
            let usual = (names::camel(&oneof.name), names::snake(&oneof.name));
            let is_usual = usual == (oneof.rust.clone(), oneof.place.clone());
            if is_usual && !names::is_blank(&oneof.name) {
                continue;
            }
            let name = self.name();
            self.becomes(name.camel(), &oneof.rust);
            self.becomes(name.snake(), &oneof.place);
            descriptor.oneof_decl[last(&oneof.path)].name = Some(name.snake());
            let path = format!(".{}.{}", message.declaration.full_name, oneof.name);
            self.paths.insert(path, format!("{outer}.{}", name.snake()));
        }
    }

    fn enumeration(
        &mut self,
        item: &Enum,
        descriptor: &mut EnumDescriptorProto,
        outer: &str,
        types: &Types<'_>,
    ) {
        let declaration = &item.declaration;
        if types.is_extern(&declaration.full_name) {
            return;
        }
        let is_usual = names::camel(&declaration.name) == declaration.rust;
        let is_renamed = !is_usual || names::is_blank(&declaration.name);
        if is_renamed {
            let name = self.name();
            self.becomes(name.camel(), &declaration.rust);
            descriptor.name = Some(name.camel());
        }
        let path = format!(".{}", declaration.full_name);
        let told = format!("{outer}.{}", descriptor.name());
        if told != path {
            self.paths.insert(path.clone(), told.clone());
        }
        for value in &item.values {
            let usual = names::variant(&declaration.name, &value.name);
            // prost names a default by the word alone, which not every variant is called.
            let is_word = value.rust.chars().all(char::is_alphanumeric);
            if is_renamed || usual != value.rust || !is_word {
                let name = self.name();
                self.becomes(name.camel(), &value.rust);
                self.becomes(name.constant(), &value.name);
                descriptor.value[last(&value.path)].name = Some(name.constant());
                self.paths.insert(
                    format!("{path}.{}", value.name),
                    format!("{told}.{}", name.constant()),
                );
                self.values.insert((path.clone(), value.name.clone()), name.constant());
            }
        }
    }

    /// Lets fields refer to what their types are called now.
    fn refer(&self, message: &mut DescriptorProto) {
        for field in &mut message.field {
            let Some(type_name) = &mut field.type_name else { continue };
            if let Some(default) = &mut field.default_value {
                let key = (type_name.clone(), default.clone());
                if let Some(told) = self.values.get(&key) {
                    default.clone_from(told);
                }
            }
            *type_name = self.translate(type_name);
        }
        message.nested_type.iter_mut().for_each(|nested| self.refer(nested));
    }
}

/// An element's place among its like.
fn last(path: &[i32]) -> usize {
    let last = path.last().and_then(|index| usize::try_from(*index).ok());
    last.expect("every element's path ends with its index")
}
