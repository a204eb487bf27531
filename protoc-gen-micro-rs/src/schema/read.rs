//! Descriptors and their mirrors, read into a [`Schema`].

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::method_options::IdempotencyLevel;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    MethodDescriptorProto, ServiceDescriptorProto,
};

use super::canonical::Canonical;
use super::strip::{Kind, SourceOptions};
use super::{
    Declaration, Enum, EnumValue, Field, File, HttpRule, Idempotency, Message, Method, MethodKind,
    Oneof, Scalar, Schema, Service, Shape, Source, Value, lower, mirror, sound,
};
use crate::names;
use crate::protocol::Request;

/// The numbers of descriptors' fields, of which paths are made.
pub(super) mod number {
    pub(in crate::schema) const FILE_MESSAGE: i32 = 4;
    pub(in crate::schema) const FILE_ENUM: i32 = 5;
    pub(in crate::schema) const FILE_SERVICE: i32 = 6;
    pub(in crate::schema) const MESSAGE_FIELD: i32 = 2;
    pub(in crate::schema) const MESSAGE_NESTED: i32 = 3;
    pub(in crate::schema) const MESSAGE_ENUM: i32 = 4;
    pub(in crate::schema) const MESSAGE_ONEOF: i32 = 8;
    pub(in crate::schema) const ENUM_VALUE: i32 = 2;
    pub(in crate::schema) const SERVICE_METHOD: i32 = 2;
}

impl Schema {
    /// Reads a request.
    ///
    /// # Errors
    /// If one of its files is no file descriptor, or one to generate code for is not among them.
    pub(crate) fn read(request: &Request) -> Result<Self, String> {
        let mut schema = Self::default();
        let wrong = |error| format!("protoc sent a file descriptor that is none: {error}");
        let source_options = SourceOptions::of(&request.proto_file).map_err(wrong)?;
        let canonical = Canonical::of(&request.proto_file).map_err(wrong)?;
        for encoded in &request.proto_file {
            let mut file = read_file(encoded, &source_options).map_err(wrong)?;
            file.encoded = canonical.rewrite(Kind::File, &file.encoded).map_err(wrong)?;
            schema.files.insert(file.name.clone(), file);
        }
        sound::check(schema.files.values().map(|file| &file.descriptor))?;
        for name in &request.file_to_generate {
            if !schema.files.contains_key(name) {
                return Err(format!("{name}: protoc sent no descriptor of this file"));
            }
            schema.generate.insert(name.clone());
        }
        Ok(schema)
    }
}

fn read_file(encoded: &[u8], source_options: &SourceOptions) -> Result<File, prost::DecodeError> {
    let mut descriptor = FileDescriptorProto::decode(encoded)?;
    let mirror = mirror::File::decode(encoded)?;
    // prost tells "" and none apart, which protobuf does not.
    descriptor.package.take_if(|package| package.is_empty());
    descriptor.syntax.take_if(|syntax| syntax.is_empty());
    let source_info = descriptor.source_code_info.take();
    let losses = lower::editions(encoded, &mut descriptor)?;
    let source = Source::new(descriptor.name(), source_info);
    let scope = Scope::of_file(&descriptor);
    let messages = descriptor.message_type.iter().zip(&mirror.message_type).enumerate();
    let services = descriptor.service.iter().zip(&mirror.service).enumerate();
    let enums = descriptor.enum_type.iter().enumerate();
    Ok(File {
        name: descriptor.name().to_owned(),
        package: descriptor.package().to_owned(),
        dependencies: descriptor.dependency.clone(),
        encoded: source_options.strip(encoded)?,
        messages: messages
            .map(|(index, (message, mirror))| {
                scope.message(message, mirror, path(&[], number::FILE_MESSAGE, index))
            })
            .collect(),
        enums: enums
            .map(|(index, item)| scope.enumeration(item, path(&[], number::FILE_ENUM, index)))
            .collect(),
        services: services
            .map(|(index, (service, mirror))| {
                scope.service(service, mirror, path(&[], number::FILE_SERVICE, index))
            })
            .collect(),
        source,
        losses,
        descriptor,
    })
}

fn path(parent: &[i32], field: i32, index: usize) -> Vec<i32> {
    let index = i32::try_from(index).expect("a descriptor has far fewer elements");
    [parent, &[field, index]].concat()
}

/// Where declarations stand: a file, or a message in it.
struct Scope<'a> {
    proto2: bool,
    package: &'a str,
    messages: Vec<String>,
    /// Whether all that is declared here is deprecated.
    deprecated: bool,
}

impl<'a> Scope<'a> {
    fn of_file(file: &'a FileDescriptorProto) -> Self {
        let proto2 = matches!(file.syntax(), "" | "proto2");
        let deprecated = file.options.as_ref().is_some_and(|options| options.deprecated());
        Self { proto2, package: file.package(), messages: Vec::new(), deprecated }
    }

    fn inside(&self, message: &str) -> Self {
        let messages = self.messages.iter().map(String::as_str).chain([message]);
        let messages = messages.map(str::to_owned).collect();
        Self { proto2: self.proto2, package: self.package, messages, deprecated: false }
    }

    fn full_name(&self, name: &str) -> String {
        let package = Some(self.package).filter(|package| !package.is_empty());
        let messages = self.messages.iter().map(String::as_str);
        package.into_iter().chain(messages).chain([name]).collect::<Vec<_>>().join(".")
    }

    fn declaration(&self, name: &str, path: Vec<i32>, deprecated: Option<bool>) -> Declaration {
        Declaration {
            name: name.to_owned(),
            full_name: self.full_name(name),
            rust: names::camel(name),
            deprecated: self.deprecated || deprecated == Some(true),
            path,
        }
    }

    fn message(
        &self,
        descriptor: &DescriptorProto,
        mirror: &mirror::Message,
        at: Vec<i32>,
    ) -> Message {
        let inner = self.inside(descriptor.name());
        let fields = descriptor.field.iter().enumerate();
        let enums = descriptor.enum_type.iter().enumerate();
        let nested = descriptor.nested_type.iter().zip(&mirror.nested_type).enumerate();
        let topic = mirror.options.as_ref().and_then(|options| options.topic.as_ref());
        Message {
            fields: fields
                .map(|(index, field)| {
                    self.field(descriptor, field, path(&at, number::MESSAGE_FIELD, index))
                })
                .collect(),
            oneofs: oneofs(descriptor, &at),
            nested: nested
                .filter(|(_, (message, _))| !is_map_entry(message))
                .map(|(index, (message, mirror))| {
                    inner.message(message, mirror, path(&at, number::MESSAGE_NESTED, index))
                })
                .collect(),
            enums: enums
                .map(|(index, item)| {
                    inner.enumeration(item, path(&at, number::MESSAGE_ENUM, index))
                })
                .collect(),
            topic: topic.map(|topic| {
                let name = Some(topic.name.clone()).filter(|name| !name.is_empty());
                name.unwrap_or_else(|| self.full_name(descriptor.name()))
            }),
            module: names::snake(descriptor.name()),
            declaration: self.declaration(
                descriptor.name(),
                at,
                descriptor.options.as_ref().map(|options| options.deprecated()),
            ),
        }
    }

    fn field(
        &self,
        message: &DescriptorProto,
        field: &FieldDescriptorProto,
        path: Vec<i32>,
    ) -> Field {
        let entry = entry_of(message, field);
        // Whether an entry has a value is looked at when all files are read.
        let value = value(entry.and_then(|entry| entry.field.get(1)).unwrap_or(field));
        let is_message = matches!(value, Value::Message(_));
        let member = field.oneof_index.filter(|_| !field.proto3_optional());
        let shape = match (entry, field.label(), member) {
            (Some(_), ..) => Shape::Map,
            (None, Label::Repeated, _) => Shape::List,
            (None, Label::Required, _) => Shape::Required,
            (None, Label::Optional, Some(index)) => Shape::Member(index),
            (None, Label::Optional, None) => {
                let optional = is_message || self.proto2 || field.proto3_optional();
                if optional { Shape::Optional } else { Shape::Implicit }
            }
        };
        let is_member = matches!(shape, Shape::Member(_));
        let rust = if is_member { names::camel(field.name()) } else { names::snake(field.name()) };
        Field {
            name: field.name().to_owned(),
            rust,
            deprecated: field.options.as_ref().is_some_and(|options| options.deprecated()),
            json_name: field.json_name().to_owned(),
            value,
            shape,
            path,
        }
    }

    fn enumeration(&self, descriptor: &EnumDescriptorProto, at: Vec<i32>) -> Enum {
        let values = descriptor.value.iter().enumerate().map(|(index, value)| EnumValue {
            name: value.name().to_owned(),
            rust: names::variant(descriptor.name(), value.name()),
            deprecated: value.options.as_ref().is_some_and(|options| options.deprecated()),
            number: value.number(),
            path: path(&at, number::ENUM_VALUE, index),
        });
        let deprecated = descriptor.options.as_ref().map(|options| options.deprecated());
        Enum {
            values: values.collect(),
            declaration: self.declaration(descriptor.name(), at, deprecated),
        }
    }

    fn service(
        &self,
        descriptor: &ServiceDescriptorProto,
        mirror: &mirror::Service,
        at: Vec<i32>,
    ) -> Service {
        let methods = descriptor.method.iter().zip(&mirror.method).enumerate();
        Service {
            name: descriptor.name().to_owned(),
            rust: names::camel_prefix(descriptor.name()),
            module: names::snake_prefix(descriptor.name()),
            full_name: self.full_name(descriptor.name()),
            methods: methods
                .map(|(index, (descriptor, mirror))| {
                    method(descriptor, mirror, path(&at, number::SERVICE_METHOD, index))
                })
                .collect(),
            path: at,
            deprecated: self.deprecated
                || descriptor.options.as_ref().is_some_and(|options| options.deprecated()),
        }
    }
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}

/// The message that stands for the entries of a map field.
fn entry_of<'a>(
    message: &'a DescriptorProto,
    field: &FieldDescriptorProto,
) -> Option<&'a DescriptorProto> {
    let name = field.type_name().rsplit('.').next()?;
    let is_entry = |nested: &&DescriptorProto| is_map_entry(nested) && nested.name() == name;
    let inside = field.type_name().strip_suffix(name)?.trim_end_matches('.');
    message
        .nested_type
        .iter()
        .find(is_entry)
        .filter(|_| inside.rsplit('.').next() == Some(message.name()))
}

fn value(field: &FieldDescriptorProto) -> Value {
    let name = || field.type_name().trim_start_matches('.').to_owned();
    match field.r#type() {
        Type::Message | Type::Group => Value::Message(name()),
        Type::Enum => Value::Enum(name()),
        Type::Bytes => Value::Scalar(Scalar::Bytes),
        _ => Value::Scalar(Scalar::Other),
    }
}

fn oneofs(message: &DescriptorProto, at: &[i32]) -> Vec<Oneof> {
    let is_said = |index: i32| {
        let of = |field: &&FieldDescriptorProto| field.oneof_index == Some(index);
        message.field.iter().filter(of).any(|field| !field.proto3_optional())
    };
    let all = message.oneof_decl.iter().enumerate().map(|(index, oneof)| {
        let path = path(at, number::MESSAGE_ONEOF, index);
        Oneof {
            name: oneof.name().to_owned(),
            place: names::snake(oneof.name()),
            rust: oneof_type(message, oneof.name()),
            index: path[path.len() - 1],
            path,
        }
    });
    all.filter(|oneof| is_said(oneof.index)).collect()
}

/// The Rust name of a oneof's enum; where a nested type has that name already, prost adds to it.
fn oneof_type(message: &DescriptorProto, oneof: &str) -> String {
    let name = names::camel(oneof);
    let nested = message.nested_type.iter().map(DescriptorProto::name);
    let mut types = nested.chain(message.enum_type.iter().map(EnumDescriptorProto::name));
    if types.any(|item| names::camel(item) == name) { name + "OneOf" } else { name }
}

fn method(descriptor: &MethodDescriptorProto, mirror: &mirror::Method, path: Vec<i32>) -> Method {
    let options = descriptor.options.as_ref();
    let http = mirror.options.as_ref().and_then(|options| options.http.as_ref());
    let level = options.map(|options| options.idempotency_level());
    Method {
        name: descriptor.name().to_owned(),
        rust: names::snake(descriptor.name()),
        input: descriptor.input_type().trim_start_matches('.').to_owned(),
        output: descriptor.output_type().trim_start_matches('.').to_owned(),
        kind: match (descriptor.client_streaming(), descriptor.server_streaming()) {
            (false, false) => MethodKind::Unary,
            (false, true) => MethodKind::ServerStream,
            (true, false) => MethodKind::ClientStream,
            (true, true) => MethodKind::Bidi,
        },
        http: http.map_or_else(Vec::new, http_rules),
        idempotency: match level {
            Some(IdempotencyLevel::NoSideEffects) => Idempotency::NoSideEffects,
            Some(IdempotencyLevel::Idempotent) => Idempotency::Idempotent,
            Some(IdempotencyLevel::IdempotencyUnknown) | None => Idempotency::Unknown,
        },
        path,
        deprecated: options.is_some_and(|options| options.deprecated()),
    }
}

/// A rule and the further ones in it.
fn http_rules(rule: &mirror::HttpRule) -> Vec<HttpRule> {
    use mirror::Pattern;
    let (method, path) = match &rule.pattern {
        Some(Pattern::Get(path)) => ("GET", path),
        Some(Pattern::Put(path)) => ("PUT", path),
        Some(Pattern::Post(path)) => ("POST", path),
        Some(Pattern::Delete(path)) => ("DELETE", path),
        Some(Pattern::Patch(path)) => ("PATCH", path),
        Some(Pattern::Custom(custom)) => (&*custom.kind, &custom.path),
        None => (HttpRule::NO_PATTERN, &rule.selector),
    };
    let first = HttpRule {
        method: method.to_owned(),
        path: path.clone(),
        body: rule.body.clone(),
        response_body: rule.response_body.clone(),
        is_nested: false,
    };
    let more = rule.additional_bindings.iter().flat_map(|inner| {
        let mut rules = http_rules(inner);
        // Those of a further rule itself are one level too deep.
        rules.iter_mut().skip(1).for_each(|rule| rule.is_nested = true);
        rules
    });
    std::iter::once(first).chain(more).collect()
}
