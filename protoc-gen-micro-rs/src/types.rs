//! Where the Rust type of a protobuf message or enum is, seen from a module.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;

use crate::names;
use crate::options::{Options, covers};
use crate::schema::{Declaration, File, Message, Schema};

/// The types of `google.protobuf` that the runtime's `wkt` holds.
const WELL_KNOWN: &[&str] = &[
    "Any",
    "BoolValue",
    "BytesValue",
    "DoubleValue",
    "Duration",
    "Empty",
    "FieldMask",
    "FloatValue",
    "Int32Value",
    "Int64Value",
    "ListValue",
    "NullValue",
    "StringValue",
    "Struct",
    "Timestamp",
    "UInt32Value",
    "UInt64Value",
    "Value",
];

/// The file of `google.rpc` whose types the runtime's `rpc` holds.
pub(crate) const DETAILS_FILE: &str = "google/rpc/error_details.proto";

/// Finds types: in other crates, or in the modules that are generated.
#[derive(Debug)]
pub(crate) struct Types<'a> {
    options: &'a Options,
    symbols: HashMap<&'a str, Symbol<'a>>,
    /// Whether `google.rpc`'s details are taken from the runtime, and not generated here.
    imports_details: bool,
}

/// Where a type is, before anybody says that it is elsewhere.
#[derive(Debug)]
struct Symbol<'a> {
    file: &'a File,
    /// The modules of the messages around it.
    modules: Vec<&'a str>,
    rust: &'a str,
}

impl<'a> Types<'a> {
    pub(crate) fn new(schema: &'a Schema, options: &'a Options) -> Self {
        let imports_details = !schema.generate.contains(DETAILS_FILE);
        let mut types = Self { options, symbols: HashMap::new(), imports_details };
        for file in schema.files.values() {
            types.scope(file, &[], &file.messages);
            file.enums.iter().for_each(|item| types.add(file, &[], &item.declaration));
        }
        types
    }

    fn scope(&mut self, file: &'a File, modules: &[&'a str], messages: &'a [Message]) {
        for message in messages {
            self.add(file, modules, &message.declaration);
            let modules = [modules, &[&*message.module]].concat();
            message.enums.iter().for_each(|item| self.add(file, &modules, &item.declaration));
            self.scope(file, &modules, &message.nested);
        }
    }

    fn add(&mut self, file: &'a File, modules: &[&'a str], declaration: &'a Declaration) {
        let symbol = Symbol { file, modules: modules.to_vec(), rust: &declaration.rust };
        self.symbols.insert(&declaration.full_name, symbol);
    }

    /// The file that declares a type.
    pub(crate) fn file(&self, full_name: &str) -> Option<&'a File> {
        self.symbols.get(full_name).map(|symbol| symbol.file)
    }

    /// Whether another crate holds the type: the runtime, or one that the user named.
    pub(crate) fn is_extern(&self, full_name: &str) -> bool {
        self.external(full_name).is_some()
    }

    /// Whether the type is one of the runtime's well-known ones, with a JSON form of its own.
    pub(crate) fn is_well_known(&self, full_name: &str) -> bool {
        let name = full_name.strip_prefix("google.protobuf.");
        let is_ours = name.is_some_and(|name| WELL_KNOWN.contains(&name));
        is_ours && self.named(full_name).is_none()
    }

    /// Every type that another crate holds, and its Rust path, in the order of their names.
    pub(crate) fn externals(&self) -> Vec<(&'a str, String)> {
        let names = self.symbols.keys();
        let mut found: Vec<_> =
            names.filter_map(|name| Some((*name, self.external(name)?))).collect();
        found.sort();
        found
    }

    /// The path of a type, from a module that is `depth` modules inside that of `package`.
    pub(crate) fn path(&self, package: &str, depth: usize, full_name: &str) -> TokenStream {
        if let Some(path) = self.external(full_name) {
            return names::path_tokens(&path);
        }
        let Some(symbol) = self.symbols.get(full_name) else {
            unreachable!("protoc sends every type that it names, and {full_name} is not there")
        };
        self.inside(package, depth, symbol, &[], symbol.rust)
    }

    /// The path of what prost prints into the module of a local message, such as the enum of a oneof.
    pub(crate) fn path_in(
        &self,
        package: &str,
        depth: usize,
        message: &Message,
        rust: &str,
    ) -> TokenStream {
        let symbol = &self.symbols[&*message.declaration.full_name];
        self.inside(package, depth, symbol, &[&message.module], rust)
    }

    fn inside(
        &self,
        package: &str,
        depth: usize,
        symbol: &Symbol<'_>,
        more: &[&str],
        rust: &str,
    ) -> TokenStream {
        let (here, there) = (names::modules(package), names::modules(&symbol.file.package));
        let common = here.iter().zip(&there).take_while(|(here, there)| here == there).count();
        let supers = (0..depth + here.len() - common).map(|_| quote!(super::));
        let packages = there[common..].iter().map(String::as_str);
        let modules = packages.chain(symbol.modules.iter().copied()).chain(more.iter().copied());
        let modules = modules.map(names::ident);
        let name = names::ident(rust);
        quote!(#(#supers)* #(#modules::)* #name)
    }

    fn external(&self, full_name: &str) -> Option<String> {
        if self.is_well_known(full_name) {
            let name = full_name.rsplit('.').next()?;
            return Some(format!("{}::wkt::{name}", self.options.runtime_path));
        }
        self.named(full_name).or_else(|| self.detail(full_name))
    }

    fn detail(&self, full_name: &str) -> Option<String> {
        let symbol = self.symbols.get(full_name)?;
        let is_ours = self.imports_details && symbol.file.name == DETAILS_FILE;
        let path = symbol.modules.iter().copied().chain([symbol.rust]);
        is_ours.then(|| join(&format!("{}::rpc", self.options.runtime_path), path))
    }

    /// The type itself goes first, then its file, then the longest path that leads to it.
    fn named(&self, full_name: &str) -> Option<String> {
        let path = format!(".{full_name}");
        let externs = &self.options.extern_paths;
        if let Some(rust) = externs.get(&path) {
            return Some(rust.clone());
        }
        let symbol = self.symbols.get(full_name)?;
        if let Some(module) = self.options.extern_files.get(&symbol.file.name) {
            return Some(join(module, symbol.modules.iter().copied().chain([symbol.rust])));
        }
        let fits = externs.iter().filter(|(outer, _)| covers(outer, &path));
        let (outer, rust) = fits.max_by_key(|(outer, _)| outer.len())?;
        Some(self.behind(outer, rust, symbol))
    }

    /// A type in a package, or in a message, that another crate holds.
    fn behind(&self, outer: &str, rust: &str, symbol: &Symbol<'_>) -> String {
        let package = names::modules(&symbol.file.package);
        let inner = symbol.modules.iter().copied().chain([symbol.rust]);
        let outer = outer.trim_start_matches('.');
        if !self.symbols.contains_key(outer) {
            let steps = outer.split('.').count();
            return join(rust, package[steps..].iter().map(String::as_str).chain(inner));
        }
        // What is inside a message `x::Outer` is in the module `x::outer`.
        let steps = outer.split('.').count() - package.len();
        let (module, name) = rust.rsplit_once("::").unwrap_or(("self", rust));
        join(&join(module, [&*names::snake(name)]), inner.skip(steps))
    }
}

fn join<'b>(path: &str, steps: impl IntoIterator<Item = &'b str>) -> String {
    steps.into_iter().fold(path.to_owned(), |path, step| path + "::" + step)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::{DescriptorProto, FileDescriptorProto};

    use super::*;
    use crate::protocol::Request;

    /// A file of a package, with a message for each path such as `Outer.Inner`.
    fn file(package: &str, messages: &[&str]) -> Vec<u8> {
        let message = |path: &&str| {
            let mut names = path.rsplit('.');
            let named = |name: &str, nested_type| DescriptorProto {
                name: Some(name.to_owned()),
                nested_type,
                ..Default::default()
            };
            let inner = named(names.next().unwrap(), Vec::new());
            names.fold(inner, |inner, name| named(name, vec![inner]))
        };
        let file = FileDescriptorProto {
            name: Some(format!("{package}.proto")),
            package: Some(package.to_owned()),
            message_type: messages.iter().map(message).collect(),
            ..Default::default()
        };
        file.encode_to_vec()
    }

    fn path(parameter: &str, package: &str, depth: usize, full_name: &str) -> String {
        let options = Options::parse(parameter).unwrap();
        let proto_file = vec![
            file("a", &["C"]),
            file("a.b", &["C", "D.I", "Outer.Inner"]),
            file("a.type", &["C"]),
            file("a.bc", &["D"]),
            file("", &["R"]),
        ];
        let mut schema = Schema::read(&Request { proto_file, ..Request::default() }).unwrap();
        schema.rename(&options.renames).unwrap();
        let path = Types::new(&schema, &options).path(package, depth, full_name);
        path.to_string().replace(' ', "")
    }

    #[test]
    fn paths_lead_out_of_a_package_and_into_another() {
        assert_eq!(path("", "a.b", 0, "a.b.C"), "C");
        assert_eq!(path("", "a.b", 1, "a.b.Outer.Inner"), "super::outer::Inner");
        assert_eq!(path("", "a.b", 1, "a.type.C"), "super::super::r#type::C");
        assert_eq!(path("", "", 1, "R"), "super::R");
        assert_eq!(path("", "a", 0, "R"), "super::R");
        assert_eq!(path("rename=.a.b.Outer=Other", "a", 0, "a.b.Outer.Inner"), "b::other::Inner");
    }

    #[test]
    fn the_type_goes_before_its_file_and_that_before_the_longest_path() {
        let externs = "extern_path=.a=::x,extern_path=.a.b=::y,extern_path=.a.b.D=::z::E";
        assert_eq!(path(externs, "q", 1, "a.b.Outer.Inner"), "::y::outer::Inner");
        assert_eq!(path(externs, "q", 1, "a.b.D"), "::z::E");
        assert_eq!(path(externs, "q", 1, "a.b.D.I"), "::z::e::I");
        assert_eq!(path(externs, "q", 1, "a.bc.D"), "::x::bc::D");
        let externs = format!("{externs},extern_file=a.b.proto=::f");
        assert_eq!(path(&externs, "q", 1, "a.b.C"), "::f::C");
        assert_eq!(path(&externs, "q", 1, "a.b.D"), "::z::E");
        assert_eq!(path(&externs, "q", 1, "a.C"), "::x::C");
    }
}
