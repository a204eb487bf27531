//! Services: a module each, with its table, its handler trait, its server and its client.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Emitter, Package, docs};
use crate::comments;
use crate::names;
use crate::schema::{File, Method, MethodKind, Service};

mod client;
mod server;
mod table;

/// One service on its way to a module.
struct Module<'a> {
    emitter: &'a Emitter<'a>,
    package: &'a Package<'a>,
    file: &'a File,
    service: &'a Service,
    name: Ident,
    handler: Ident,
    server: Ident,
    client: Ident,
    rpcs: Vec<Rpc<'a>>,
}

/// One rpc with its names.
struct Rpc<'a> {
    method: &'a Method,
    name: Ident,
    constant: Ident,
    input: TokenStream,
    output: TokenStream,
    docs: TokenStream,
    deprecated: Option<TokenStream>,
}

impl Emitter<'_> {
    pub(super) fn services(&self, package: &Package<'_>) -> TokenStream {
        let taken = Taken::new(self, package);
        let files = package.files.iter();
        let services =
            files.flat_map(|file| file.services.iter().map(move |service| (*file, service)));
        let modules = services.map(|(file, service)| {
            let module = Module::new(self, package, file, service, &taken);
            let (text, exports) = (module.print(), module.exports(&taken));
            quote!(#text #exports)
        });
        quote!(#(#modules)*)
    }
}

/// Names that the package's module has already.
struct Taken {
    types: BTreeSet<String>,
    modules: BTreeSet<String>,
}

impl Taken {
    fn new(emitter: &Emitter<'_>, package: &Package<'_>) -> Self {
        let messages = || package.files.iter().flat_map(|file| &file.messages);
        let enums = package.files.iter().flat_map(|file| &file.enums);
        let declarations = messages().map(|message| &message.declaration);
        let declarations = declarations.chain(enums.map(|item| &item.declaration));
        let nested = messages().map(|message| names::snake(&message.declaration.name));
        let depth = names::modules(package.name).len();
        let packages = emitter.schema.packages().into_keys().map(names::modules);
        let inner = packages.filter_map(|modules| {
            modules
                .starts_with(&names::modules(package.name))
                .then(|| modules.get(depth).cloned())?
        });
        Self {
            types: declarations.map(|item| names::camel(&item.name)).collect(),
            modules: nested.chain(inner).collect(),
        }
    }
}

impl<'a> Module<'a> {
    fn new(
        emitter: &'a Emitter<'a>,
        package: &'a Package<'a>,
        file: &'a File,
        service: &'a Service,
        taken: &Taken,
    ) -> Self {
        let mut name = names::snake_prefix(&service.name) + "_micro";
        while taken.modules.contains(&name) {
            name.push('_');
        }
        let prefix = names::camel_prefix(&service.name);
        let rpcs =
            service.methods.iter().map(|method| Rpc::new(emitter, package, file, service, method));
        Self {
            name: names::ident(&name),
            handler: format_ident!("{prefix}Handler"),
            server: format_ident!("{prefix}Server"),
            client: format_ident!("{prefix}Client"),
            rpcs: rpcs.collect(),
            emitter,
            package,
            file,
            service,
        }
    }

    fn print(&self) -> TokenStream {
        let options = self.emitter.options;
        let (name, codegen) = (&self.name, &self.emitter.codegen);
        let docs = self.docs(&format!("Service `{}`.", self.service.full_name));
        let table = self.table();
        let server = options.server.then(|| self.handler_and_server());
        let client = options.client.then(|| self.client());
        let quiet = self.service.deprecated.then(|| quote!(#[allow(deprecated)]));
        quote! {
            #docs
            #quiet
            pub mod #name {
                use #codegen as m;
                // An older runtime than this file needs fails here, and says which one it needs.
                const _: () = m::VERSION_1;
                #table
                #server
                #client
            }
        }
    }

    /// The short names, but for those that a message or enum has.
    fn exports(&self, taken: &Taken) -> Option<TokenStream> {
        let options = self.emitter.options;
        let client = options.client.then_some(&self.client);
        let server = options.server.then_some([&self.handler, &self.server]);
        let names = client.into_iter().chain(server.into_iter().flatten());
        let free: Vec<_> = names.filter(|name| !taken.types.contains(&name.to_string())).collect();
        let module = &self.name;
        let quiet = self.service.deprecated.then(|| quote!(#[allow(deprecated)]));
        (!free.is_empty()).then(|| quote!(#quiet pub use #module::{#(#free),*};))
    }

    /// The service's comment, or a line in its place.
    fn docs(&self, otherwise: &str) -> TokenStream {
        docs_or(self.file.source.comment(&self.service.path), otherwise)
    }

    fn deprecated(&self) -> Option<TokenStream> {
        self.service.deprecated.then(|| deprecated(&self.service.name))
    }
}

impl<'a> Rpc<'a> {
    fn new(
        emitter: &Emitter<'_>,
        package: &Package<'_>,
        file: &File,
        service: &Service,
        method: &'a Method,
    ) -> Self {
        let endpoint = format!("{}.{}", service.name, method.name);
        Self {
            method,
            name: names::ident(&names::snake(&method.name)),
            constant: names::ident(&constant(&method.name)),
            input: emitter.types.path(package.name, 1, &method.input),
            output: emitter.types.path(package.name, 1, &method.output),
            docs: docs_or(file.source.comment(&method.path), &format!("Calls `{endpoint}`.")),
            deprecated: method.deprecated.then(|| deprecated(&endpoint)),
        }
    }

    fn is_named(&self, name: &str) -> bool {
        self.name == name
    }
}

fn constant(method: &str) -> String {
    let name = names::constant(method);
    if matches!(&*name, "NAME" | "SERVICE" | "METHODS") { name + "_" } else { name }
}

fn docs_or(comment: &str, otherwise: &str) -> TokenStream {
    let lines = comments::markdown(comment);
    let otherwise = vec![otherwise.to_owned()];
    docs::attributes(if lines.is_empty() { &otherwise } else { &lines })
}

fn deprecated(name: &str) -> TokenStream {
    let note = format!("`{name}` is marked deprecated in its .proto file");
    quote!(#[deprecated(note = #note)])
}

/// The words that say a kind of rpc.
fn kind_words(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Unary => "unary",
        MethodKind::ServerStream => "server streaming",
        MethodKind::ClientStream => "client streaming",
        MethodKind::Bidi => "bidirectional",
    }
}
