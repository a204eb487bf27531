//! The plugin's parameter: `client=false,extern_path=.acme.types=::acme_types`.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

mod known;
mod parameter;
mod value;

pub use known::{KNOWN, Known};

/// What to generate, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) runtime_path: String,
    pub(crate) messages: bool,
    pub(crate) comments: bool,
    pub(crate) client: Gate,
    pub(crate) server: Gate,
    pub(crate) json: Gate,
    pub(crate) strict_handlers: bool,
    pub(crate) descriptors: Descriptors,
    pub(crate) layout: Layout,
    /// The name of the file with the tree of modules; none if there shall be none.
    pub(crate) mod_file: Option<String>,
    /// Packages and types that other crates hold.
    pub(crate) extern_paths: BTreeMap<String, String>,
    /// Files whose types other crates hold.
    pub(crate) extern_files: BTreeMap<String, String>,
    pub(crate) exclude_packages: Vec<String>,
    pub(crate) bytes: Vec<String>,
    pub(crate) btree_map: Vec<String>,
    pub(crate) boxed: Vec<String>,
    pub(crate) renames: BTreeMap<String, String>,
    pub(crate) attributes: Vec<Attribute>,
    /// The options that were given, as they were; for headers of files.
    pub(crate) given: Vec<String>,
}

/// Whether something is generated, or only behind a feature of the user's crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    On,
    Off,
    Feature(String),
}

/// How much of file descriptors is embedded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Descriptors {
    Full,
    /// Without custom options, and without the imports that only they need.
    Lean,
    None,
}

/// What has a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Package,
    File,
}

/// An attribute for everything of a kind that is at a path or inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) target: Target,
    pub(crate) path: String,
    pub(crate) text: String,
}

/// What an attribute is put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Messages, enums and oneofs.
    Type,
    Message,
    /// Enums and oneofs.
    Enum,
    /// Fields, members of oneofs, values of enums.
    Field,
    Client,
    Handler,
    Server,
}

impl Gate {
    pub(crate) fn is_off(&self) -> bool {
        *self == Self::Off
    }

    /// The condition, where there is one.
    pub(crate) fn condition(&self) -> Option<TokenStream> {
        let Self::Feature(name) = self else { return None };
        Some(quote!(#[cfg(feature = #name)]))
    }

    /// The condition for what stands in its place.
    pub(crate) fn otherwise(&self) -> Option<TokenStream> {
        let Self::Feature(name) = self else { return None };
        Some(quote!(#[cfg(not(feature = #name))]))
    }
}

impl Options {
    /// The attributes of one kind for what has this path.
    pub(crate) fn attributes(&self, target: Target, path: &str) -> TokenStream {
        let fits = |item: &&Attribute| item.target == target && covers(&item.path, path);
        let texts = self.attributes.iter().filter(fits).map(|item| &item.text);
        let tokens = texts.map(|text| text.parse::<TokenStream>().expect("options were checked"));
        tokens.collect()
    }

    /// Whether no code is generated for a package.
    pub(crate) fn is_excluded(&self, package: &str) -> bool {
        let path = format!(".{package}");
        self.exclude_packages.iter().any(|excluded| covers(excluded, &path))
    }
}

/// Whether a path of protobuf, with a dot in front, is another one or leads to it.
pub(crate) fn covers(outer: &str, inner: &str) -> bool {
    let rest = inner.strip_prefix(outer);
    outer == "." || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests;
