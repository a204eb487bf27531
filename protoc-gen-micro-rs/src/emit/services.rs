//! Services: a module each, with its table, its handler trait, its server and its client.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Emitter, Unit, contract, docs};
use crate::comments;
use crate::names;
use crate::options::{Gate, Target};
use crate::schema::{File, Method, MethodKind, Service};

mod client;
mod server;
mod table;

/// One service on its way to a module.
struct Module<'a> {
    emitter: &'a Emitter<'a>,
    unit: &'a Unit<'a>,
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
    /// Each service's module, with its short names.
    pub(super) fn services(&self, unit: &Unit<'_>) -> impl Iterator<Item = TokenStream> {
        let taken = Taken::new(self, unit);
        let files = unit.files.iter();
        let services =
            files.flat_map(|file| file.services.iter().map(move |service| (*file, service)));
        services.map(move |(file, service)| {
            let module = Module::new(self, unit, file, service, &taken);
            let (text, exports) = (module.print(), module.exports(&taken));
            quote!(#text #exports)
        })
    }
}

/// Names that the package's module has already.
struct Taken {
    types: BTreeSet<String>,
    modules: BTreeSet<String>,
}

impl Taken {
    fn new(emitter: &Emitter<'_>, unit: &Unit<'_>) -> Self {
        let here = names::modules(unit.package);
        let files = emitter.schema.files.values();
        let siblings: Vec<_> =
            files.clone().filter(|file| names::modules(&file.package) == here).collect();
        let messages = || siblings.iter().flat_map(|file| &file.messages);
        let enums = siblings.iter().flat_map(|file| &file.enums);
        let declarations = messages().map(|message| &message.declaration);
        let declarations = declarations.chain(enums.map(|item| &item.declaration));
        let packages = files.map(|file| names::modules(&file.package));
        let inner = packages.filter(|modules| modules.starts_with(&here));
        let inner = inner.filter_map(|modules| modules.get(here.len()).cloned());
        Self {
            types: declarations.map(|item| item.rust.clone()).collect(),
            modules: messages().map(|message| message.module.clone()).chain(inner).collect(),
        }
    }
}

impl<'a> Module<'a> {
    fn new(
        emitter: &'a Emitter<'a>,
        unit: &'a Unit<'a>,
        file: &'a File,
        service: &'a Service,
        taken: &Taken,
    ) -> Self {
        let mut name = service.module.clone() + "_micro";
        while taken.modules.contains(&name) {
            name.push('_');
        }
        let prefix = &service.rust;
        let rpcs =
            service.methods.iter().map(|method| Rpc::new(emitter, unit, file, service, method));
        Self {
            name: names::ident(&name),
            handler: format_ident!("{prefix}Handler"),
            server: format_ident!("{prefix}Server"),
            client: format_ident!("{prefix}Client"),
            rpcs: rpcs.collect(),
            emitter,
            unit,
            file,
            service,
        }
    }

    fn print(&self) -> TokenStream {
        let options = self.emitter.options;
        let (name, codegen, contract) = (&self.name, &self.emitter.codegen, contract());
        let docs = self.docs(&format!("Service `{}`.", self.service.full_name));
        let table = self.table();
        let server = (!options.server.is_off()).then(|| self.handler_and_server());
        let client = (!options.client.is_off()).then(|| self.client());
        let quiet = self.service.deprecated.then(|| quote!(#[allow(deprecated)]));
        quote! {
            #docs
            #quiet
            pub mod #name {
                use #codegen as m;
                // A runtime that this file does not fit fails here, and says so.
                const _: () = m::contract(#contract);
                #table
                #server
                #client
            }
        }
    }

    /// The short names, but for those that a message or enum has.
    fn exports(&self, taken: &Taken) -> TokenStream {
        let (client, server) = (&self.emitter.options.client, &self.emitter.options.server);
        let served = [&self.handler, &self.server];
        if client == server {
            return self.export(taken, client, &[&[&self.client], &served[..]].concat());
        }
        let client = self.export(taken, client, &[&self.client]);
        let server = self.export(taken, server, &served);
        quote!(#client #server)
    }

    fn export(&self, taken: &Taken, gate: &Gate, names: &[&Ident]) -> TokenStream {
        let is_free = |name: &&&Ident| !taken.types.contains(&name.to_string());
        let free: Vec<_> = names.iter().filter(is_free).collect();
        if gate.is_off() || free.is_empty() {
            return TokenStream::new();
        }
        let (module, condition) = (&self.name, gate.condition());
        let quiet = self.service.deprecated.then(|| quote!(#[allow(deprecated)]));
        quote!(#condition #quiet pub use #module::{#(#free),*};)
    }

    /// The attributes that the user wants on the client, the handler trait or the server.
    fn attributes(&self, target: Target) -> TokenStream {
        let path = format!(".{}", self.service.full_name);
        self.emitter.options.attributes(target, &path)
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
        unit: &Unit<'_>,
        file: &File,
        service: &Service,
        method: &'a Method,
    ) -> Self {
        let endpoint = format!("{}.{}", service.name, method.name);
        Self {
            method,
            name: names::ident(&method.rust),
            constant: names::ident(&constant(method)),
            input: emitter.types.path(unit.package, 1, &method.input),
            output: emitter.types.path(unit.package, 1, &method.output),
            docs: docs_or(file.source.comment(&method.path), &format!("Calls `{endpoint}`.")),
            deprecated: method.deprecated.then(|| deprecated(&endpoint)),
        }
    }

    fn is_named(&self, name: &str) -> bool {
        self.name == name
    }
}

fn constant(method: &Method) -> String {
    // A new name is one for the constant too.
    let is_renamed = method.rust != names::snake(&method.name);
    let name = names::constant(if is_renamed { &method.rust } else { &method.name });
    if matches!(&*name, "NAME" | "SERVICE" | "METHODS") { name + "_" } else { name }
}

fn docs_or(comment: &str, otherwise: &str) -> TokenStream {
    let lines = comments::markdown(comment);
    let otherwise = vec![otherwise.to_owned()];
    docs::attributes(if lines.is_empty() { &otherwise } else { &lines })
}

fn deprecated(name: &str) -> TokenStream {
    let note = docs::deprecation(name);
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
