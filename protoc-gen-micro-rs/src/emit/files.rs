//! File descriptors, for reflection: each file's bytes once, and links to the files that it imports.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToShoutySnakeCase;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::{Emitter, Package};
use crate::names;
use crate::schema::File;

/// The files whose descriptors are in the runtime's `codegen::files`.
const SHARED: &[&str] = &[
    "google/api/annotations.proto",
    "google/api/http.proto",
    "google/protobuf/any.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/wrappers.proto",
    "google/rpc/error_details.proto",
    "micro/options.proto",
];

impl Emitter<'_> {
    /// The module with the package's descriptors.
    pub(super) fn descriptors(&self, package: &Package<'_>) -> TokenStream {
        let constants = self.constants(package.name, package.files);
        let statics = constants.iter().map(|(file, constant)| {
            let file = &self.schema.files[*file];
            let name = &file.name;
            let (bytes, dependencies) = if self.options.descriptors {
                (Literal::byte_string(&file.encoded), self.dependencies(package, &constants, file))
            } else {
                (Literal::byte_string(&[]), Vec::new())
            };
            quote! {
                pub static #constant: m::FileDesc = m::FileDesc::new(#name, #bytes, &[#(#dependencies),*]);
            }
        });
        let codegen = &self.codegen;
        quote! {
            #[doc(hidden)]
            pub mod __micro_files {
                use #codegen as m;
                #(#statics)*
            }
        }
    }

    /// The descriptor of a file of this package, seen from a module of this package.
    pub(super) fn descriptor(&self, package: &Package<'_>, file: &File) -> TokenStream {
        let constants = self.constants(package.name, package.files);
        let constant = &constants[&*file.name];
        quote!(super::__micro_files::#constant)
    }

    fn dependencies(
        &self,
        package: &Package<'_>,
        constants: &BTreeMap<&str, Ident>,
        file: &File,
    ) -> Vec<TokenStream> {
        let known = file.dependencies.iter().filter_map(|name| self.schema.files.get(name));
        let path = |dependency: &File| {
            if let Some(constant) = constants.get(&*dependency.name) {
                return quote!(&#constant);
            }
            if is_shared(&dependency.name) && !self.schema.generate.contains(&dependency.name) {
                let constant = constant(&dependency.name, &mut BTreeSet::new());
                return quote!(&m::files::#constant);
            }
            // Where a message `X` of the other package is, `__micro_files` is beside it.
            let there = self.schema.packages()[&*dependency.package].clone();
            let constant = &self.constants(&dependency.package, &there)[&*dependency.name];
            let module = module_path(package.name, &dependency.package);
            quote!(&#module::__micro_files::#constant)
        };
        known.map(path).collect()
    }

    /// The names of a package's statics: for its own files, and for imports that nobody generates code for.
    fn constants<'b>(&'b self, package: &str, files: &[&'b File]) -> BTreeMap<&'b str, Ident> {
        let mut members = BTreeSet::new();
        for file in files {
            debug_assert_eq!(file.package, package, "files are grouped by their package");
            members.insert(&*file.name);
            if self.options.descriptors {
                self.foreign(file, &mut members);
            }
        }
        let mut taken = BTreeSet::new();
        members.into_iter().map(|name| (name, constant(name, &mut taken))).collect()
    }

    fn foreign<'b>(&'b self, file: &'b File, members: &mut BTreeSet<&'b str>) {
        for name in &file.dependencies {
            let Some(import) = self.schema.files.get(name) else { continue };
            if !self.schema.generate.contains(name) && !is_shared(name) && members.insert(name) {
                self.foreign(import, members);
            }
        }
    }
}

/// Whether the runtime has the descriptor: protoc or `micro-build` brings the file along.
fn is_shared(file: &str) -> bool {
    SHARED.contains(&file)
}

/// `greeter/v1/greeter.proto` is `GREETER_V1_GREETER_PROTO`; a number tells those apart that would be the same.
fn constant(file: &str, taken: &mut BTreeSet<String>) -> Ident {
    let name = file.to_shouty_snake_case();
    let name: String =
        name.chars().filter(|char| char.is_ascii_alphanumeric() || *char == '_').collect();
    let name = if name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name
    } else {
        format!("_{name}")
    };
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let mut candidates = std::iter::once(name.clone()).chain(numbered);
    let free =
        candidates.find(|name| taken.insert(name.clone())).expect("there is always a next number");
    names::ident(&free)
}

/// From a module inside one package's to the module of another.
fn module_path(from: &str, to: &str) -> TokenStream {
    let (from, to) = (names::modules(from), names::modules(to));
    let common = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
    let supers = (0..=from.len() - common).map(|_| names::ident("super"));
    let modules = to[common..].iter().map(|module| names::ident(module));
    let steps = supers.chain(modules);
    quote!(#(#steps)::*)
}
