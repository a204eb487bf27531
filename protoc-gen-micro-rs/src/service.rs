//! A service as a module: names, the method table, the handler trait, the server and the client.

use proc_macro2::{Ident, TokenStream};
use prost_types::method_options::IdempotencyLevel;
use prost_types::{FileDescriptorProto, MethodDescriptorProto, ServiceDescriptorProto};
use quote::{format_ident, quote};

use crate::descriptors::static_name;
use crate::diagnostic::Diagnostic;
use crate::docs::{comment, markdown};
use crate::http_rule;
use crate::model::{Model, index_of};
use crate::names::{camel, ident, shouty, snake};
use crate::parameters::Parameters;

mod client;
mod handler;

/// A service with everything that its parts are printed from.
pub(crate) struct Service<'a> {
    file: &'a FileDescriptorProto,
    proto: &'a ServiceDescriptorProto,
    full_name: String,
    doc: String,
    module: Ident,
    camel: String,
    methods: Vec<Method>,
}

/// A method of a service.
struct Method {
    name: String,
    endpoint: String,
    path: String,
    snake: Ident,
    constant: Ident,
    kind: Kind,
    input: syn::Path,
    output: syn::Path,
    input_name: String,
    output_name: String,
    doc: String,
    http: Vec<TokenStream>,
    idempotency: IdempotencyLevel,
    deprecated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Unary,
    ServerStream,
    ClientStream,
    Bidi,
}

impl Kind {
    fn of(method: &MethodDescriptorProto) -> Self {
        match (method.client_streaming(), method.server_streaming()) {
            (false, false) => Self::Unary,
            (false, true) => Self::ServerStream,
            (true, false) => Self::ClientStream,
            (true, true) => Self::Bidi,
        }
    }

    fn variant(self) -> Ident {
        format_ident!("{self:?}")
    }

    fn words(self) -> &'static str {
        match self {
            Self::Unary => "unary",
            Self::ServerStream => "server streaming",
            Self::ClientStream => "client streaming",
            Self::Bidi => "bidirectional",
        }
    }

    /// The function that answers such a call, and the constructor that makes one.
    fn function(self) -> Ident {
        format_ident!(
            "{}",
            match self {
                Self::Unary => "unary",
                Self::ServerStream => "server_stream",
                Self::ClientStream => "client_stream",
                Self::Bidi => "bidi",
            }
        )
    }

    fn client_streams(self) -> bool {
        matches!(self, Self::ClientStream | Self::Bidi)
    }

    fn server_streams(self) -> bool {
        matches!(self, Self::ServerStream | Self::Bidi)
    }
}

impl<'a> Service<'a> {
    /// # Errors
    /// If two methods have one name in Rust, or an HTTP rule makes no sense.
    pub(crate) fn new(
        model: &Model,
        file: &'a FileDescriptorProto,
        index: usize,
        taken: &std::collections::BTreeSet<String>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let proto = &file.service[index];
        let full_name = match file.package() {
            "" => proto.name().to_owned(),
            package => format!("{package}.{}", proto.name()),
        };
        let mut module = format!("{}_micro", snake(proto.name()).trim_start_matches("r#"));
        while taken.contains(&module) {
            module.push('_');
        }
        let doc = comment(file, &[6, index_of(index)]);
        let (module, camel, methods) = (ident(&module), camel(proto.name()), Vec::new());
        let camel = camel.trim_end_matches('_').to_owned();
        let mut service = Self { file, proto, full_name, doc, module, camel, methods };
        let options = model.options(file).and_then(|file| file.service.get(index));
        let mut problems = Vec::new();
        for (number, method) in proto.method.iter().enumerate() {
            let place = [6, index_of(index), 2, index_of(number)];
            let rule = options
                .and_then(|service| service.method.get(number)?.options.as_ref()?.http.as_ref());
            let http = rule.map_or(Ok(Vec::new()), http_rule::tokens);
            match http.and_then(|http| service.method(model, method, &place, http)) {
                Ok(method) => service.methods.push(method),
                Err(problem) => problems.push(Diagnostic::at(file, &place, problem)),
            }
        }
        if problems.is_empty() { Ok(service) } else { Err(problems) }
    }

    fn method(
        &self,
        model: &Model,
        proto: &MethodDescriptorProto,
        place: &[i32],
        http: Vec<TokenStream>,
    ) -> Result<Method, String> {
        let name = snake(proto.name());
        if let Some(other) = self.methods.iter().find(|other| other.snake == ident(&name)) {
            return Err(format!(
                "rpc {} is called {name} in Rust, and so is rpc {}: rename one of them",
                proto.name(),
                other.name
            ));
        }
        let path = |type_name: &str| {
            let path = model.rust_path(type_name, self.file.package(), 1);
            let path = path.ok_or_else(|| format!("type {type_name} is not in the request"))?;
            syn::parse_str(&path).map_err(|error| format!("type {type_name}: {error}"))
        };
        let constant = match shouty(proto.name()).as_str() {
            reserved @ ("NAME" | "SERVICE" | "METHODS") => format!("{reserved}_"),
            name => name.to_owned(),
        };
        let options = proto.options.as_ref();
        Ok(Method {
            name: proto.name().to_owned(),
            endpoint: format!("{}.{}", self.proto.name(), proto.name()),
            path: format!("/{}/{}", self.full_name, proto.name()),
            snake: ident(&name),
            constant: ident(&constant),
            kind: Kind::of(proto),
            input: path(proto.input_type())?,
            output: path(proto.output_type())?,
            input_name: proto.input_type().trim_start_matches('.').to_owned(),
            output_name: proto.output_type().trim_start_matches('.').to_owned(),
            doc: comment(self.file, place),
            http,
            idempotency: options.map(|options| options.idempotency_level()).unwrap_or_default(),
            deprecated: options.is_some_and(|options| options.deprecated()),
        })
    }

    /// The module's name.
    pub(crate) fn module(&self) -> &Ident {
        &self.module
    }

    /// The module, and the re-exports of its types that no other type of the package is called like.
    pub(crate) fn render(
        &self,
        parameters: &Parameters,
        taken: &std::collections::BTreeSet<String>,
    ) -> Result<TokenStream, Diagnostic> {
        let runtime: syn::Path = syn::parse_str(&parameters.runtime_path)
            .map_err(|error| Diagnostic::general(format!("runtime_path: {error}")))?;
        let module = &self.module;
        let doc = doc(&self.doc, &format!("The service `{}`.", self.full_name));
        let (names, table) = (self.names(), self.table(parameters));
        let handler = if parameters.server { self.handler() } else { TokenStream::new() };
        let client = if parameters.client { self.client(parameters) } else { TokenStream::new() };
        let exports = self.exports(parameters, taken);
        Ok(quote! {
            #doc
            pub mod #module {
                use #runtime::codegen as m;
                // Fails to compile with a runtime that is too old for this code.
                const _: () = m::VERSION_1;
                #names
                #table
                #handler
                #client
            }
            #exports
        })
    }

    fn names(&self) -> TokenStream {
        let full_name = &self.full_name;
        let constants = self.methods.iter().enumerate().map(|(index, method)| {
            let constant = &method.constant;
            let doc = format!(" `{}`: {}.", method.endpoint, method.kind.words());
            quote! {
                #[doc = #doc]
                pub const #constant: &m::MethodDesc = &METHODS[#index];
            }
        });
        quote! {
            /// The service's full protobuf name.
            pub const NAME: &str = #full_name;
            #(#constants)*
        }
    }

    fn table(&self, parameters: &Parameters) -> TokenStream {
        let (name, count) = (self.proto.name(), self.methods.len());
        let rows = self.methods.iter().map(Method::row);
        let service_doc = optional_call("doc", &self.doc);
        let deprecated = self.proto.options.as_ref().is_some_and(|options| options.deprecated());
        let deprecated = if deprecated { quote!(.deprecated()) } else { TokenStream::new() };
        let file = if parameters.descriptors {
            let file = ident(&static_name(self.file.name()));
            quote!(&super::__micro_files::#file)
        } else {
            let name = self.file.name();
            quote!({
                static FILE: m::FileDesc = m::FileDesc::new(#name, &[], &[]);
                &FILE
            })
        };
        quote! {
            static METHODS: [m::MethodDesc; #count] = [#(#rows),*];
            /// The service's names and methods: what registries, gateways, reflection and docs read.
            pub static SERVICE: m::ServiceDesc =
                m::ServiceDesc::new(#name, NAME, &METHODS, #file)#service_doc #deprecated;
        }
    }

    /// `GreeterClient` and the like, where the service's name ends in what is appended or not.
    fn type_name(&self, suffix: &str) -> Ident {
        format_ident!("{}{suffix}", self.camel)
    }

    fn exports(
        &self,
        parameters: &Parameters,
        taken: &std::collections::BTreeSet<String>,
    ) -> TokenStream {
        let wanted = [
            ("Client", parameters.client),
            ("Handler", parameters.server),
            ("Server", parameters.server),
        ];
        let names =
            wanted.into_iter().filter(|(_, wanted)| *wanted).map(|(name, _)| self.type_name(name));
        let names: Vec<_> = names.filter(|name| !taken.contains(&name.to_string())).collect();
        if names.is_empty() {
            return TokenStream::new();
        }
        let module = &self.module;
        quote!(pub use #module::{#(#names),*};)
    }
}

impl Method {
    fn row(&self) -> TokenStream {
        let Self { name, endpoint, path, input_name, output_name, http, .. } = self;
        let kind = self.kind.variant();
        let doc = optional_call("doc", &self.doc);
        let http = match http.is_empty() {
            true => TokenStream::new(),
            false => quote!(.http(&[#(#http),*])),
        };
        let idempotency = match self.idempotency {
            IdempotencyLevel::IdempotencyUnknown => TokenStream::new(),
            IdempotencyLevel::NoSideEffects => quote!(.idempotency(m::Idempotency::NoSideEffects)),
            IdempotencyLevel::Idempotent => quote!(.idempotency(m::Idempotency::Idempotent)),
        };
        let deprecated = if self.deprecated { quote!(.deprecated()) } else { TokenStream::new() };
        quote! {
            m::MethodDesc::new(m::Kind::#kind, #name, #endpoint, #path, #input_name, #output_name)
                #doc #http #idempotency #deprecated
        }
    }

    /// The method's documentation, and the attribute of one that is deprecated.
    fn attributes(&self) -> TokenStream {
        let doc = doc(&self.doc, &format!("Calls `{}`.", self.endpoint));
        if !self.deprecated {
            return doc;
        }
        let note = format!("`{}` is marked as deprecated in its .proto file", self.endpoint);
        quote!(#doc #[deprecated(note = #note)])
    }
}

/// `.doc("…")`, or nothing without a text.
fn optional_call(name: &str, text: &str) -> TokenStream {
    let text = text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
    let text = text.collect::<Vec<_>>().join("\n");
    if text.is_empty() {
        return TokenStream::new();
    }
    let name = ident(name);
    quote!(.#name(#text))
}

/// A comment as documentation, or a fallback where there is none.
fn doc(comment: &str, fallback: &str) -> TokenStream {
    let text = markdown(comment);
    let text = if text.trim().is_empty() { format!(" {fallback}") } else { text };
    let lines = text.lines();
    quote!(#(#[doc = #lines])*)
}
