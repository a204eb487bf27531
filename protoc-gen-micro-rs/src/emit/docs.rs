//! Puts the comments of `.proto` files on what prost printed.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Item, Visibility, parse_quote};

use super::Package;
use crate::comments;
use crate::names;
use crate::schema::{Declaration, Enum, File, Message, Shape};

/// The comments of a type and of what is in it.
#[derive(Default)]
struct TypeDocs {
    own: Vec<String>,
    members: HashMap<String, Vec<String>>,
}

/// By modules inside the package's, then by name.
type AllDocs = HashMap<(Vec<String>, String), TypeDocs>;

/// Documents all items.
pub(super) fn decorate(package: &Package<'_>, mut items: Vec<Item>) -> Vec<Item> {
    let mut docs = AllDocs::new();
    for file in package.files {
        collect(file, &mut docs);
    }
    apply(&mut items, &mut Vec::new(), &docs);
    items
}

/// A comment as attributes.
pub(super) fn attributes(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| {
        let line = if line.is_empty() { String::new() } else { format!(" {line}") };
        quote!(#[doc = #line])
    });
    quote!(#(#lines)*)
}

fn collect(file: &File, docs: &mut AllDocs) {
    for message in file.all_messages() {
        docs.insert(key(&message.declaration), of_message(file, message));
        for oneof in &message.oneofs {
            let at = Some(Shape::Member(oneof.index));
            let fields = message.fields.iter().filter(|field| Some(field.shape) == at);
            let comment = |path| comments::markdown(file.source.comment(path));
            let members = fields.map(|field| (names::camel(&field.name), comment(&field.path)));
            let own = comment(&oneof.path);
            docs.insert(
                oneof_key(message, &oneof.name),
                TypeDocs { own, members: members.collect() },
            );
        }
    }
    for enumeration in file.all_enums() {
        docs.insert(key(&enumeration.declaration), of_enum(file, enumeration));
    }
}

fn key(declaration: &Declaration) -> (Vec<String>, String) {
    let modules = declaration.scope.iter().map(|name| names::snake(name)).collect();
    (modules, names::camel(&declaration.name))
}

fn oneof_key(message: &Message, oneof: &str) -> (Vec<String>, String) {
    let (mut modules, _) = key(&message.declaration);
    modules.push(names::snake(&message.declaration.name));
    (modules, message.oneof_type(oneof))
}

fn of_message(file: &File, message: &Message) -> TypeDocs {
    let comment = |path: &[i32]| comments::markdown(file.source.comment(path));
    let fields =
        message.fields.iter().map(|field| (names::snake(&field.name), comment(&field.path)));
    let oneofs =
        message.oneofs.iter().map(|oneof| (names::snake(&oneof.name), comment(&oneof.path)));
    TypeDocs { own: comment(&message.declaration.path), members: fields.chain(oneofs).collect() }
}

fn of_enum(file: &File, enumeration: &Enum) -> TypeDocs {
    let comment = |path: &[i32]| comments::markdown(file.source.comment(path));
    let name = &enumeration.declaration.name;
    let mut members = HashMap::new();
    for value in &enumeration.values {
        // Of several names for one number, prost takes the first.
        members.entry(names::variant(name, &value.name)).or_insert_with(|| comment(&value.path));
    }
    TypeDocs { own: comment(&enumeration.declaration.path), members }
}

fn apply(items: &mut [Item], modules: &mut Vec<String>, docs: &AllDocs) {
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
                let docs = docs.get(&(modules.clone(), item.ident.to_string()));
                let fields = item.fields.iter_mut().filter(|field| is_public(&field.vis));
                let fields =
                    fields.filter_map(|field| Some((field.ident.as_ref()?, &mut field.attrs)));
                document(&mut item.attrs, fields, docs);
            }
            Item::Enum(item) => {
                let docs = docs.get(&(modules.clone(), item.ident.to_string()));
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
    let mut complete = docs.is_some_and(|docs| !docs.own.is_empty());
    for (name, attributes) in members {
        let lines = docs.and_then(|docs| docs.members.get(&name.to_string()));
        complete &= lines.is_some_and(|lines| !lines.is_empty());
        prepend(attributes, lines.map_or(&[], Vec::as_slice));
    }
    if !complete {
        own.insert(0, parse_quote!(#[allow(missing_docs)]));
    }
    prepend(own, docs.map_or(&[], |docs| &docs.own));
}

fn prepend(attributes: &mut Vec<Attribute>, lines: &[String]) {
    let docs = lines.iter().map(|line| {
        let line = if line.is_empty() { String::new() } else { format!(" {line}") };
        parse_quote!(#[doc = #line])
    });
    attributes.splice(0..0, docs);
}
