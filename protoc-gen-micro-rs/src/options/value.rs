//! The values of options, checked before anything is generated.

use std::collections::BTreeMap;

use syn::parse::Parser;

use super::{Descriptors, Gate, Layout};
use crate::names;

type Pairs = BTreeMap<String, String>;

fn wrong<T>(name: &str, wanted: &str, got: &str) -> Result<T, String> {
    Err(format!("option {name}: expected {wanted}, got {got:?}"))
}

pub(super) fn switch(name: &str, text: &str) -> Result<bool, String> {
    text.parse().or_else(|_| wrong(name, "true or false", text))
}

/// Switches off, or leaves a feature as it is.
pub(super) fn gate(gate: &mut Gate, name: &str, text: &str) -> Result<(), String> {
    if !switch(name, text)? {
        *gate = Gate::Off;
    }
    Ok(())
}

pub(super) fn feature(name: &str, text: &str) -> Result<Gate, String> {
    let allowed = |char: char| char.is_ascii_alphanumeric() || "_-+.".contains(char);
    if text.is_empty() || !text.chars().all(allowed) {
        return wrong(name, "the name of a feature of your crate, such as client", text);
    }
    Ok(Gate::Feature(text.to_owned()))
}

pub(super) fn descriptors(text: &str) -> Result<Descriptors, String> {
    match text {
        "full" => Ok(Descriptors::Full),
        "lean" => Ok(Descriptors::Lean),
        "none" => Ok(Descriptors::None),
        other => wrong("descriptors", "full, lean or none", other),
    }
}

pub(super) fn layout(text: &str) -> Result<Layout, String> {
    match text {
        "package" => Ok(Layout::Package),
        "file" => Ok(Layout::File),
        other => wrong("layout", "package or file", other),
    }
}

pub(super) fn mod_file(text: &str) -> Result<Option<String>, String> {
    let is_name = text.ends_with(".rs") && text.len() > 3 && !text.contains(['/', '\\', '"']);
    match text {
        "none" => Ok(None),
        // A package's file ends in .rs too, and one of a .proto file in .micro.rs.
        name if is_name && !name.ends_with(".micro.rs") => Ok(Some(name.to_owned())),
        other => wrong("mod_file", "a file name such as mod.rs, or none", other),
    }
}

pub(super) fn rust_path(name: &str, text: &str) -> Result<String, String> {
    names::rust_path(text)
        .map_or_else(|| wrong(name, "a Rust path such as ::micro_runtime", text), Ok)
}

/// A path of protobuf, or a dot for everything.
pub(super) fn path(name: &str, text: &str) -> Result<String, String> {
    let is_path = text == "." || is_proto_path(text);
    if is_path { Ok(text.to_owned()) } else { wrong(name, PATH, text) }
}

const PATH: &str =
    "a path with a dot in front, such as .package.Message.field, or . for everything";

fn is_proto_path(text: &str) -> bool {
    let is_name = |part: &str| {
        let mut chars = part.chars();
        let first = chars.next().is_some_and(|char| char.is_ascii_alphabetic() || char == '_');
        first && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
    };
    text.strip_prefix('.').is_some_and(|rest| rest.split('.').all(is_name))
}

pub(super) fn extern_path(pairs: &mut Pairs, text: &str) -> Result<(), String> {
    let wanted = ".proto.path=::rust::path";
    let pair = text.split_once('=').filter(|(proto, _)| is_proto_path(proto));
    let pair = pair.and_then(|(proto, rust)| Some((proto, names::rust_path(rust)?)));
    let Some((proto, rust)) = pair else { return wrong("extern_path", wanted, text) };
    insert(pairs, "extern_path", proto, rust)
}

pub(super) fn extern_file(pairs: &mut Pairs, text: &str) -> Result<(), String> {
    let wanted = "file.proto=::rust::path";
    let pair = text.rsplit_once('=').filter(|(file, _)| file.ends_with(".proto"));
    let pair = pair.and_then(|(file, rust)| Some((file, names::rust_path(rust)?)));
    let Some((file, rust)) = pair else { return wrong("extern_file", wanted, text) };
    insert(pairs, "extern_file", file, rust)
}

pub(super) fn rename(pairs: &mut Pairs, text: &str) -> Result<(), String> {
    let is_name = |name: &&str| syn::parse_str::<syn::Ident>(name).is_ok();
    let pair = text.split_once('=').filter(|(path, _)| is_proto_path(path));
    let pair = pair.and_then(|(path, name)| Some((path, Some(name).filter(is_name)?)));
    let wanted = ".proto.path=name, where the name is one that Rust takes";
    let Some((path, name)) = pair else { return wrong("rename", wanted, text) };
    insert(pairs, "rename", path, name.to_owned())
}

fn insert(pairs: &mut Pairs, option: &str, key: &str, value: String) -> Result<(), String> {
    if let Some(earlier) = pairs.get(key).filter(|earlier| **earlier != value) {
        return Err(format!("option {option}: {key} is given twice, as {earlier} and as {value}"));
    }
    pairs.insert(key.to_owned(), value);
    Ok(())
}

/// A path and the attributes for it, as Rust writes them.
pub(super) fn attribute(name: &str, text: &str) -> Result<(String, String), String> {
    let wanted = ".path=#[attribute]";
    let Some((proto, attribute)) = text.split_once('=') else { return wrong(name, wanted, text) };
    let proto = path(name, proto)?;
    match syn::Attribute::parse_outer.parse_str(attribute) {
        Ok(parsed) if !parsed.is_empty() => Ok((proto, attribute.to_owned())),
        _ => wrong(name, wanted, text),
    }
}

/// Whether attributes derive one of serde's two traits.
pub(super) fn derives_serde(text: &str) -> bool {
    let attributes = syn::Attribute::parse_outer.parse_str(text).unwrap_or_default();
    let derives = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let mut found = false;
    for derive in derives {
        // What is no list of paths is for the compiler to refuse.
        let _ = derive.parse_nested_meta(|meta| {
            let last = meta.path.segments.last().map(|segment| segment.ident.to_string());
            found |= matches!(last.as_deref(), Some("Serialize" | "Deserialize"));
            Ok(())
        });
    }
    found
}
