//! Descriptors: each file's once, with its imports by reference.

use std::collections::BTreeMap;

use heck::ToShoutySnakeCase;
use proc_macro2::{Literal, TokenStream};
use prost::Message;
use prost_types::FileDescriptorProto;
use quote::quote;

use crate::model::Model;
use crate::names::ident;

/// The name of a file's static.
pub(crate) fn static_name(file: &str) -> String {
    let plain: String =
        file.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("FILE_{}", plain.to_shouty_snake_case())
}

/// A hidden module with the descriptors of a package's files and of all that they import.
pub(crate) fn render(model: &Model, package: &str, runtime: &syn::Path) -> TokenStream {
    let mut files = BTreeMap::new();
    for file in model.files_of(package) {
        add_with_imports(model, file, &mut files);
    }
    let statics = files.values().map(|file| one(model, file));
    quote! {
        #[doc(hidden)]
        pub mod __micro_files {
            use #runtime::codegen as m;
            #(#statics)*
        }
    }
}

fn add_with_imports<'a>(
    model: &'a Model,
    file: &'a FileDescriptorProto,
    files: &mut BTreeMap<String, &'a FileDescriptorProto>,
) {
    if files.insert(file.name().to_owned(), file).is_some() {
        return;
    }
    for import in file.dependency.iter().filter_map(|name| model.file(name)) {
        add_with_imports(model, import, files);
    }
}

fn one(model: &Model, file: &FileDescriptorProto) -> TokenStream {
    let (static_ident, name) = (ident(&static_name(file.name())), file.name());
    let imports = file.dependency.iter().filter(|import| model.file(import).is_some());
    let imports = imports.map(|import| ident(&static_name(import)));
    let bare = FileDescriptorProto { source_code_info: None, ..file.clone() };
    let bytes = Literal::byte_string(&bare.encode_to_vec());
    quote! {
        pub static #static_ident: m::FileDesc = m::FileDesc::new(#name, #bytes, &[#(&#imports),*]);
    }
}
