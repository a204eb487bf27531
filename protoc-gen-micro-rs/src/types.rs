//! Where the Rust type of a protobuf message or enum is, seen from a module.

use proc_macro2::TokenStream;
use quote::quote;

use crate::names;
use crate::options::Options;
use crate::schema::Schema;

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

/// The file that declares [`DETAILS`].
pub(crate) const DETAILS_FILE: &str = "google/rpc/error_details.proto";

/// The types of `google.rpc` that the runtime's `rpc` holds.
const DETAILS: &[&str] = &[
    "BadRequest",
    "BadRequest.FieldViolation",
    "DebugInfo",
    "ErrorInfo",
    "Help",
    "Help.Link",
    "LocalizedMessage",
    "PreconditionFailure",
    "PreconditionFailure.Violation",
    "QuotaFailure",
    "QuotaFailure.Violation",
    "RequestInfo",
    "ResourceInfo",
    "RetryInfo",
];

/// Finds types: in other crates, by `extern_path`, or in the modules that are generated.
#[derive(Debug)]
pub(crate) struct Types<'a> {
    externs: &'a [(String, String)],
    runtime: &'a str,
    /// Whether `google.rpc`'s details are taken from the runtime, and not generated here.
    imports_details: bool,
}

impl<'a> Types<'a> {
    pub(crate) fn new(schema: &Schema, options: &'a Options) -> Self {
        let imports_details = !schema.generate.contains(DETAILS_FILE);
        Self { externs: &options.extern_paths, runtime: &options.runtime_path, imports_details }
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

    /// The runtime's types that the user did not name a crate for, each with its Rust path.
    pub(crate) fn of_runtime(&self) -> impl Iterator<Item = (String, String)> {
        let names = WELL_KNOWN.iter().map(|name| format!("google.protobuf.{name}"));
        let names = names.chain(DETAILS.iter().map(|name| format!("google.rpc.{name}")));
        let ours = names.filter(|name| self.named(name).is_none());
        ours.filter_map(|name| self.external(&name).map(|path| (format!(".{name}"), path)))
    }

    /// The path of a type, from a module that is `depth` modules inside that of `package`.
    pub(crate) fn path(&self, package: &str, depth: usize, full_name: &str) -> TokenStream {
        if let Some(path) = self.external(full_name) {
            return names::path_tokens(&path);
        }
        let (here, there) = (names::modules(package), split(full_name));
        let (modules, name) = there;
        let common = here.iter().zip(&modules).take_while(|(here, there)| here == there).count();
        let supers = (0..depth + here.len() - common).map(|_| quote!(super::));
        let modules = modules[common..].iter().map(|module| names::ident(module));
        let name = names::ident(&name);
        quote!(#(#supers)* #(#modules::)* #name)
    }

    fn external(&self, full_name: &str) -> Option<String> {
        if self.is_well_known(full_name) {
            let name = full_name.rsplit('.').next()?;
            return Some(format!("{}::wkt::{name}", self.runtime));
        }
        self.named(full_name).or_else(|| self.detail(full_name))
    }

    fn detail(&self, full_name: &str) -> Option<String> {
        let name = full_name.strip_prefix("google.rpc.")?;
        let is_ours = self.imports_details && DETAILS.contains(&name);
        is_ours.then(|| inside(&format!("{}::rpc", self.runtime), name))
    }

    /// The longest `extern_path` wins, as in `prost-build`.
    fn named(&self, full_name: &str) -> Option<String> {
        let full_name = format!(".{full_name}");
        let fits = |(proto, _): &&(String, String)| {
            full_name
                .strip_prefix(proto.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let (proto, rust) =
            self.externs.iter().filter(fits).max_by_key(|(proto, _)| proto.len())?;
        let rest = full_name[proto.len()..].trim_start_matches('.');
        if rest.is_empty() {
            return Some(rust.clone());
        }
        Some(inside(rust, rest))
    }
}

/// The Rust path of a type inside what has the path `outer`.
fn inside(outer: &str, name: &str) -> String {
    let (modules, name) = split(name);
    modules.iter().chain([&name]).fold(outer.to_owned(), |path, part| path + "::" + part)
}

/// The modules and the type's own name.
fn split(full_name: &str) -> (Vec<String>, String) {
    let (scope, name) = full_name.rsplit_once('.').unwrap_or(("", full_name));
    (names::modules(scope), names::camel(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(externs: &str, package: &str, depth: usize, full_name: &str) -> String {
        let options = Options::parse(externs).unwrap();
        Types::new(&Schema::default(), &options)
            .path(package, depth, full_name)
            .to_string()
            .replace(' ', "")
    }

    #[test]
    fn paths_lead_out_of_a_package_and_into_another() {
        assert_eq!(path("", "a.b", 0, "a.b.C"), "C");
        assert_eq!(path("", "a.b", 1, "a.b.Outer.Inner"), "super::outer::Inner");
        assert_eq!(path("", "a.b", 1, "a.type.C"), "super::super::r#type::C");
        assert_eq!(path("", "", 1, "C"), "super::C");
        assert_eq!(path("", "a", 0, "C"), "super::C");
    }

    #[test]
    fn details_of_errors_are_the_runtimes_unless_another_crate_is_named() {
        let name = "google.rpc.BadRequest.FieldViolation";
        assert_eq!(path("", "a", 0, name), "::micro_runtime::rpc::bad_request::FieldViolation");
        assert_eq!(path("", "a", 0, "google.rpc.Status"), "super::google::rpc::Status");
        let externs = "extern_path=.google.rpc=::types";
        assert_eq!(path(externs, "a", 0, "google.rpc.Help"), "::types::Help");
    }

    #[test]
    fn the_longest_extern_path_wins() {
        let externs = "extern_path=.a=::x,extern_path=.a.b=::y,extern_path=.a.b.D=::z::E";
        assert_eq!(path(externs, "q", 1, "a.b.C.I"), "::y::c::I");
        assert_eq!(path(externs, "q", 1, "a.b.D"), "::z::E");
        assert_eq!(path(externs, "q", 1, "a.bc.D"), "::x::bc::D");
    }
}
