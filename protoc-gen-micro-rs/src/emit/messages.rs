//! Messages and enums, as `prost-build` prints them: all that we know of prost is here.

use std::iter;

use prost_build::{Config, Module};

use super::Unit;
use crate::options::{Options, Target, covers};
use crate::schema::{Field, Message, Schema, Shape};
use crate::types::Types;

mod placeholders;

use placeholders::Placeholders;

/// A module for what is not generated: prost-build looks into imported messages too, so it gets all files.
const OTHERS: &str = "others";

/// What prost prints for each unit.
pub(super) fn print(
    schema: &Schema,
    options: &Options,
    types: &Types<'_>,
    units: &[Unit<'_>],
) -> Result<Vec<String>, String> {
    if !options.messages {
        return Ok(units.iter().map(|_| String::new()).collect());
    }
    let module = |unit: usize| Module::from_parts([format!("unit{unit}")]);
    let place = |file: &str| {
        let unit = units.iter().position(|unit| unit.files.iter().any(|item| item.name == file));
        unit.map_or_else(|| Module::from_parts([OTHERS]), module)
    };
    let (placeholders, descriptors) = Placeholders::new(schema, types);
    let requests = schema.files.keys().map(|name| place(name)).zip(descriptors).collect();
    let config = &mut config(schema, options, types, &placeholders);
    let mut texts = config.generate(requests).map_err(|error| error.to_string())?;
    // The same types by shorter names: the output is read by people.
    let alloc = format!("{}::codegen::prost::alloc::", options.runtime_path);
    let printed = (0..units.len()).map(|unit| {
        let text = texts.remove(&module(unit)).unwrap_or_default();
        placeholders.resolve(text).replace(&alloc, "::std::")
    });
    Ok(printed.collect())
}

/// The items of what prost printed, a few at a time.
pub(super) fn items(
    package: &str,
    mut text: &str,
) -> impl Iterator<Item = Result<Vec<syn::Item>, String>> {
    iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        // prost indents what is inside of others. If this is no end after all, the user put in some attribute.
        let end = text.find("\n}\n").map_or(text.len(), |brace| brace + "\n}\n".len());
        let (first, rest) = text.split_at(end);
        let parsed = syn::parse_file(first).map(|file| (file, rest));
        let parsed = parsed.or_else(|_| syn::parse_file(text).map(|file| (file, "")));
        text = parsed.as_ref().map_or("", |(_, rest)| rest);
        let wrong = |error| format!("package {package}: prost printed what is no Rust: {error}");
        Some(parsed.map(|(file, _)| file.items).map_err(wrong))
    })
}

fn config(
    schema: &Schema,
    options: &Options,
    types: &Types<'_>,
    placeholders: &Placeholders,
) -> Config {
    let mut config = Config::new();
    config.prost_path(format!("{}::codegen::prost", options.runtime_path));
    // Ours are put in afterwards; see `docs`.
    config.disable_comments(["."]);
    // prost's own are foreign to the runtime, which could give them no JSON.
    config.compile_well_known_types();
    for (name, rust) in types.externals() {
        config.extern_path(format!(".{name}"), rust);
    }
    let translate = |path: &String| placeholders.translate(path);
    config.bytes(options.bytes.iter().map(translate));
    config.btree_map(options.btree_map.iter().map(translate));
    let standard: Vec<_> = with_standard_debug(schema, options).iter().map(translate).collect();
    for path in &standard {
        config.type_attribute(path, "#[derive(Debug)]");
    }
    config.skip_debug(standard);
    for path in &options.boxed {
        config.boxed(translate(path));
    }
    for attribute in &options.attributes {
        let (path, text) = (translate(&attribute.path), &attribute.text);
        match attribute.target {
            Target::Type => config.type_attribute(path, text),
            Target::Message => config.message_attribute(path, text),
            Target::Enum => config.enum_attribute(path, text),
            Target::Field => config.field_attribute(path, text),
            Target::Client | Target::Handler | Target::Server => continue,
        };
    }
    config
}

/// More fields than a message of people has.
const MANY_FIELDS: usize = 500;

/// The messages that derive the standard `Debug`. What prost derives names a crate `prost` where a map is sorted, which
/// users need not have; and it nests a scope a field, which overflows the compiler's stack where there are thousands.
///
/// Those inside another of them are left out.
fn with_standard_debug(schema: &Schema, options: &Options) -> Vec<String> {
    let is_sorted = |message: &Message, field: &Field| {
        let path = format!(".{}.{}", message.declaration.full_name, field.name);
        field.shape == Shape::Map && options.btree_map.iter().any(|outer| covers(outer, &path))
    };
    let messages = schema.generated().flat_map(|file| file.all_messages());
    let standard = messages
        .filter(|message| {
            let mut fields = message.fields.iter();
            fields.len() > MANY_FIELDS || fields.any(|field| is_sorted(message, field))
        })
        .map(|message| format!(".{}", message.declaration.full_name));
    let mut paths: Vec<String> = Vec::new();
    for path in standard {
        // Outer messages come first.
        if !paths.iter().any(|outer| covers(outer, &path)) {
            paths.push(path);
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> Result<Vec<usize>, String> {
        items("a.b", text).map(|items| items.map(|items| items.len())).collect()
    }

    #[test]
    fn items_come_one_by_one_unless_an_attribute_looks_like_an_end() {
        assert_eq!(counts(""), Ok(vec![]));
        assert_eq!(counts("struct A {\n}\nmod b {\n    struct C {\n    }\n}\n"), Ok(vec![1, 1]));
        assert_eq!(counts("#[doc = \"\n}\n\"]\nstruct A {\n}\nstruct B;\n"), Ok(vec![2]));
    }

    #[test]
    fn what_is_no_rust_is_said_once_and_names_the_package() {
        let mut items = items("a.b", "struct A {\n}\nstruct {\n}\nstruct B {\n}\n");
        assert_eq!(items.next().map(|items| items.map(|items| items.len())), Some(Ok(1)));
        let said = items.next().and_then(Result::err).expect("the struct has no name");
        assert!(said.starts_with("package a.b: prost printed what is no Rust: "), "{said}");
        assert!(items.next().is_none());
    }
}
