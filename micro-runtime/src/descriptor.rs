//! What generated code tells about services, methods and files, in tables that cost nothing to build.

use std::fmt;
use std::sync::Arc;

use crate::json::MessageType;

/// Which side of a call sends one message and which side many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One request, one response.
    Unary,
    /// One request, many responses.
    ServerStream,
    /// Many requests, one response.
    ClientStream,
    /// Many of both, in any order.
    Bidi,
}

/// What a `.proto` file promises about calling a method twice (`option idempotency_level`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Idempotency {
    /// Nothing is promised: never sent twice.
    #[default]
    Unknown,
    /// Changes nothing: may be retried, cached, and called with HTTP's GET.
    NoSideEffects,
    /// Calling it twice changes no more than calling it once: may be retried.
    Idempotent,
}

/// One `google.api.http` binding of a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpRule {
    method: &'static str,
    path: &'static str,
    body: &'static str,
    response_body: &'static str,
}

impl HttpRule {
    /// A rule for an HTTP method and a path template such as `/v1/hello/{name}`.
    #[must_use]
    pub const fn new(method: &'static str, path: &'static str) -> Self {
        Self { method, path, body: "", response_body: "" }
    }

    /// The request field that the HTTP body fills; `*` for all fields that the path does not.
    #[must_use]
    pub const fn body(mut self, field: &'static str) -> Self {
        self.body = field;
        self
    }

    /// The response field that becomes the HTTP body, where it is not the whole response.
    #[must_use]
    pub const fn response_body(mut self, field: &'static str) -> Self {
        self.response_body = field;
        self
    }

    /// The HTTP method.
    #[must_use]
    pub const fn http_method(&self) -> &'static str {
        self.method
    }

    /// The path template.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The request field for the body: empty for none, `*` for all.
    #[must_use]
    pub const fn body_field(&self) -> &'static str {
        self.body
    }

    /// The response field for the body: empty for the whole response.
    #[must_use]
    pub const fn response_body_field(&self) -> &'static str {
        self.response_body
    }
}

/// One method of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodDesc {
    kind: Kind,
    name: &'static str,
    endpoint: &'static str,
    path: &'static str,
    input: &'static str,
    output: &'static str,
    doc: &'static str,
    http: &'static [HttpRule],
    idempotency: Idempotency,
    deprecated: bool,
}

impl MethodDesc {
    /// A method by its kind, its names and the full names of its messages.
    ///
    /// `endpoint` is go-micro's name (`Greeter.Hello`), `path` gRPC's (`/greeter.v1.Greeter/Hello`).
    #[must_use]
    pub const fn new(
        kind: Kind,
        name: &'static str,
        endpoint: &'static str,
        path: &'static str,
        input: &'static str,
        output: &'static str,
    ) -> Self {
        let (doc, http, idempotency, deprecated) = ("", &[] as &[_], Idempotency::Unknown, false);
        Self { kind, name, endpoint, path, input, output, doc, http, idempotency, deprecated }
    }

    /// The comment above the method in its `.proto` file.
    #[must_use]
    pub const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// The method's `google.api.http` bindings, the main one first.
    #[must_use]
    pub const fn http(mut self, rules: &'static [HttpRule]) -> Self {
        self.http = rules;
        self
    }

    /// What the `.proto` file promises about calling the method twice.
    #[must_use]
    pub const fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.idempotency = idempotency;
        self
    }

    /// Marks the method as deprecated.
    #[must_use]
    pub const fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// Unary or which kind of stream.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The name as in the `.proto` file, such as `Hello`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// go-micro's name, such as `Greeter.Hello`.
    #[must_use]
    pub const fn endpoint(&self) -> &'static str {
        self.endpoint
    }

    /// gRPC's name, such as `/greeter.v1.Greeter/Hello`.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The full name of the request message.
    #[must_use]
    pub const fn input(&self) -> &'static str {
        self.input
    }

    /// The full name of the response message.
    #[must_use]
    pub const fn output(&self) -> &'static str {
        self.output
    }

    /// The method's documentation; empty if it has none.
    #[must_use]
    pub const fn documentation(&self) -> &'static str {
        self.doc
    }

    /// The method's HTTP bindings.
    #[must_use]
    pub const fn http_rules(&self) -> &'static [HttpRule] {
        self.http
    }

    /// What the `.proto` file promises about calling the method twice.
    #[must_use]
    pub const fn idempotency_level(&self) -> Idempotency {
        self.idempotency
    }

    /// Whether the method is deprecated.
    #[must_use]
    pub const fn is_deprecated(&self) -> bool {
        self.deprecated
    }
}

/// One service: its names and its methods, in the order of the `.proto` file.
#[derive(Debug)]
pub struct ServiceDesc {
    name: &'static str,
    full_name: &'static str,
    methods: &'static [MethodDesc],
    file: &'static FileDesc,
    doc: &'static str,
    deprecated: bool,
}

impl ServiceDesc {
    /// A service by its short and full name, its methods and the file that defines it.
    #[must_use]
    pub const fn new(
        name: &'static str,
        full_name: &'static str,
        methods: &'static [MethodDesc],
        file: &'static FileDesc,
    ) -> Self {
        Self { name, full_name, methods, file, doc: "", deprecated: false }
    }

    /// The comment above the service in its `.proto` file.
    #[must_use]
    pub const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// Marks the service as deprecated.
    #[must_use]
    pub const fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// The short name, such as `Greeter`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The full name, such as `greeter.v1.Greeter`.
    #[must_use]
    pub const fn full_name(&self) -> &'static str {
        self.full_name
    }

    /// The methods, in the order of the `.proto` file.
    #[must_use]
    pub const fn methods(&self) -> &'static [MethodDesc] {
        self.methods
    }

    /// The file that defines the service.
    #[must_use]
    pub const fn file(&self) -> &'static FileDesc {
        self.file
    }

    /// The service's documentation; empty if it has none.
    #[must_use]
    pub const fn documentation(&self) -> &'static str {
        self.doc
    }

    /// Whether the service is deprecated.
    #[must_use]
    pub const fn is_deprecated(&self) -> bool {
        self.deprecated
    }
}

/// One `.proto` file's descriptor, once per program, and links to the files that it imports.
pub struct FileDesc {
    name: &'static str,
    descriptor: &'static [u8],
    dependencies: &'static [&'static Self],
    types: &'static [MessageType],
}

impl FileDesc {
    /// A file by its name, its encoded `google.protobuf.FileDescriptorProto` and its imports.
    #[must_use]
    pub const fn new(
        name: &'static str,
        descriptor: &'static [u8],
        dependencies: &'static [&'static Self],
    ) -> Self {
        Self { name, descriptor, dependencies, types: &[] }
    }

    /// The messages that the file declares, as far as code was generated for them.
    #[must_use]
    pub const fn types(mut self, types: &'static [MessageType]) -> Self {
        self.types = types;
        self
    }

    /// The name as protoc knows it, such as `greeter/v1/greeter.proto`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The encoded `google.protobuf.FileDescriptorProto`, without source positions and comments.
    #[must_use]
    pub const fn descriptor(&self) -> &'static [u8] {
        self.descriptor
    }

    /// The imported files.
    #[must_use]
    pub const fn dependencies(&self) -> &'static [&'static Self] {
        self.dependencies
    }

    /// The messages that it declares, as far as code was generated for them.
    #[must_use]
    pub const fn message_types(&self) -> &'static [MessageType] {
        self.types
    }
}

impl fmt::Debug for FileDesc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileDesc({}, {} bytes)", self.name, self.descriptor.len())
    }
}

/// A method that a call names: from a generated table, or one only known at run time.
#[derive(Clone, Debug)]
pub struct Method(MethodSource);

#[derive(Clone, Debug)]
enum MethodSource {
    Table(&'static MethodDesc),
    Named(Arc<NamedMethod>),
}

#[derive(Debug)]
struct NamedMethod {
    kind: Kind,
    path: String,
    endpoint: String,
    idempotency: Idempotency,
}

impl Method {
    /// A method that no generated table holds: `full_service` is such as `greeter.v1.Greeter`.
    #[must_use]
    pub fn named(kind: Kind, full_service: &str, name: &str, idempotency: Idempotency) -> Self {
        let short = full_service.rsplit('.').next().unwrap_or(full_service);
        Self(MethodSource::Named(Arc::new(NamedMethod {
            kind,
            path: format!("/{full_service}/{name}"),
            endpoint: format!("{short}.{name}"),
            idempotency,
        })))
    }

    /// Unary or which kind of stream.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.0 {
            MethodSource::Table(method) => method.kind,
            MethodSource::Named(method) => method.kind,
        }
    }

    /// gRPC's name, such as `/greeter.v1.Greeter/Hello`.
    #[must_use]
    pub fn path(&self) -> &str {
        match &self.0 {
            MethodSource::Table(method) => method.path,
            MethodSource::Named(method) => &method.path,
        }
    }

    /// go-micro's name, such as `Greeter.Hello`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        match &self.0 {
            MethodSource::Table(method) => method.endpoint,
            MethodSource::Named(method) => &method.endpoint,
        }
    }

    /// What is promised about calling the method twice.
    #[must_use]
    pub fn idempotency(&self) -> Idempotency {
        match &self.0 {
            MethodSource::Table(method) => method.idempotency,
            MethodSource::Named(method) => method.idempotency,
        }
    }

    /// The generated table's row, if there is one.
    #[must_use]
    pub fn descriptor(&self) -> Option<&'static MethodDesc> {
        match &self.0 {
            MethodSource::Table(method) => Some(method),
            MethodSource::Named(_) => None,
        }
    }
}

impl From<&'static MethodDesc> for Method {
    fn from(method: &'static MethodDesc) -> Self {
        Self(MethodSource::Table(method))
    }
}
