//! Puts the comments of `.proto` files on what prost printed.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Item, Visibility, parse_quote};

use super::Unit;
use crate::comments;
use crate::schema::{Declaration, Enum, Field, File, Message, Oneof, Shape};

/// What is said about a type or a member of one.
#[derive(Default)]
struct Said {
    comment: Vec<String>,
    /// Its name, if it is deprecated.
    deprecated: Option<String>,
}

/// What is said about a type and about what is in it.
#[derive(Default)]
struct TypeDocs {
    own: Said,
    members: HashMap<String, Said>,
}

/// What is said in a unit's files: by modules inside the package's, then by name.
#[derive(Default)]
pub(super) struct Docs(HashMap<(Vec<String>, String), TypeDocs>);

impl Docs {
    pub(super) fn new(unit: &Unit<'_>) -> Self {
        let mut docs = Self::default();
        for file in &unit.files {
            collect(file, &mut docs);
        }
        if unit.package.is_empty() {
            // No module is around them that could keep what prost derives from warning of its own types.
            docs.0.values_mut().for_each(|docs| docs.own.deprecated = None);
        }
        docs
    }

    /// Documents items of the package's module.
    pub(super) fn decorate(&self, items: &mut [Item]) {
        apply(items, &mut Vec::new(), self);
    }
}

/// A comment as attributes.
pub(super) fn attributes(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| {
        let line = if line.is_empty() { String::new() } else { format!(" {line}") };
        quote!(#[doc = #line])
    });
    quote!(#(#lines)*)
}

fn collect(file: &File, docs: &mut Docs) {
    file.messages.iter().for_each(|message| of_message(file, message, &[], docs));
    file.enums.iter().for_each(|item| of_enum(file, item, &[], docs));
}

fn said(file: &File, path: &[i32], name: &str, deprecated: bool) -> Said {
    let comment = comments::markdown(file.source.comment(path));
    Said { comment, deprecated: deprecated.then(|| name.to_owned()) }
}

fn of_declaration(file: &File, declaration: &Declaration) -> Said {
    said(file, &declaration.path, &declaration.name, declaration.deprecated)
}

fn of_field(file: &File, field: &Field) -> (String, Said) {
    (field.rust.clone(), said(file, &field.path, &field.name, field.deprecated))
}

fn of_message(file: &File, message: &Message, modules: &[String], docs: &mut Docs) {
    let plain = message.fields.iter().filter(|field| !matches!(field.shape, Shape::Member(_)));
    let fields = plain.map(|field| of_field(file, field));
    let of_oneof = |oneof: &Oneof| said(file, &oneof.path, &oneof.name, false);
    let oneofs = message.oneofs.iter().map(|oneof| (oneof.place.clone(), of_oneof(oneof)));
    let members = fields.chain(oneofs).collect();
    let own = of_declaration(file, &message.declaration);
    docs.0.insert((modules.to_vec(), message.declaration.rust.clone()), TypeDocs { own, members });
    let inside = [modules, std::slice::from_ref(&message.module)].concat();
    for oneof in &message.oneofs {
        let members = message.members(oneof.index).map(|field| of_field(file, field)).collect();
        let key = (inside.clone(), oneof.rust.clone());
        docs.0.insert(key, TypeDocs { own: of_oneof(oneof), members });
    }
    message.nested.iter().for_each(|nested| of_message(file, nested, &inside, docs));
    message.enums.iter().for_each(|item| of_enum(file, item, &inside, docs));
}

fn of_enum(file: &File, item: &Enum, modules: &[String], docs: &mut Docs) {
    let mut members = HashMap::new();
    for value in &item.values {
        // Of several names for one number, prost takes the first.
        members
            .entry(value.rust.clone())
            .or_insert_with(|| said(file, &value.path, &value.name, value.deprecated));
    }
    let own = of_declaration(file, &item.declaration);
    docs.0.insert((modules.to_vec(), item.declaration.rust.clone()), TypeDocs { own, members });
}

fn apply(items: &mut [Item], modules: &mut Vec<String>, docs: &Docs) {
    for item in items {
        match item {
            Item::Mod(module) => {
                modules.push(module.ident.to_string());
                if let Some((_, items)) = &mut module.content {
                    apply(items, modules, docs);
                }
                modules.pop();
            }
            Item::Struct(item) => {
                let docs = docs.0.get(&(modules.clone(), item.ident.to_string()));
                let fields = item.fields.iter_mut().filter(|field| is_public(&field.vis));
                let fields =
                    fields.filter_map(|field| Some((field.ident.as_ref()?, &mut field.attrs)));
                document(&mut item.attrs, fields, docs);
            }
            Item::Enum(item) => {
                let docs = docs.0.get(&(modules.clone(), item.ident.to_string()));
                let variants = item.variants.iter_mut().map(|item| (&item.ident, &mut item.attrs));
                document(&mut item.attrs, variants, docs);
            }
            _ => {}
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Documents a type and its members. Where a comment is missing, the user's own lint shall not complain.
fn document<'a>(
    own: &mut Vec<Attribute>,
    members: impl Iterator<Item = (&'a syn::Ident, &'a mut Vec<Attribute>)>,
    docs: Option<&TypeDocs>,
) {
    let mut complete = docs.is_some_and(|docs| !docs.own.comment.is_empty());
    for (name, attributes) in members {
        let said = docs.and_then(|docs| docs.members.get(&name.to_string()));
        complete &= said.is_some_and(|said| !said.comment.is_empty());
        prepend(attributes, said);
    }
    if !complete {
        own.insert(0, parse_quote!(#[allow(missing_docs)]));
    }
    prepend(own, docs.map(|docs| &docs.own));
}

fn prepend(attributes: &mut Vec<Attribute>, said: Option<&Said>) {
    // prost has one for some of what is deprecated, without a note.
    attributes.retain(|attribute| !attribute.path().is_ident("deprecated"));
    let Some(Said { comment, deprecated }) = said else { return };
    let deprecated = deprecated.iter().map(|name| {
        let note = deprecation(name);
        parse_quote!(#[deprecated(note = #note)])
    });
    let docs = comment.iter().map(|line| {
        let line = if line.is_empty() { String::new() } else { format!(" {line}") };
        parse_quote!(#[doc = #line])
    });
    attributes.splice(0..0, docs.chain(deprecated));
}

/// What the compiler says of something that a file marks deprecated.
pub(super) fn deprecation(name: &str) -> String {
    format!("`{name}` is marked deprecated in its .proto file")
}
