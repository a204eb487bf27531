//! Messages and enums, as `prost-build` prints them: all that we know of prost is in this file.

use std::collections::BTreeMap;

use prost_build::{Config, Module};

use crate::options::Options;
use crate::schema::Schema;
use crate::types::Types;

/// A module that no package has.
const OTHERS: &str = "(others)";

/// The items of each package.
pub(super) fn print(
    schema: &Schema,
    options: &Options,
) -> Result<BTreeMap<String, Vec<syn::Item>>, String> {
    let module = |package: &str| Module::from_protobuf_package_name(package);
    // prost-build looks into imported messages too, so it gets all files; the others' text is thrown away.
    let requests = schema.files.values().map(|file| {
        let is_generated = schema.generate.contains(&file.name);
        let place = if is_generated { module(&file.package) } else { Module::from_parts([OTHERS]) };
        (place, file.descriptor.clone())
    });
    let requests = requests.collect();
    let mut texts =
        config(schema, options).generate(requests).map_err(|error| error.to_string())?;
    let mut items = BTreeMap::new();
    for package in schema.packages().into_keys() {
        let text = texts.remove(&module(package)).unwrap_or_default();
        // The same types by shorter names: the output is read by people.
        let text =
            text.replace(&format!("{}::codegen::prost::alloc::", options.runtime_path), "::std::");
        let file = syn::parse_file(&text).map_err(|error| {
            format!("package {package}: prost printed what is no Rust: {error}")
        })?;
        items.insert(package.to_owned(), file.items);
    }
    Ok(items)
}

fn config(schema: &Schema, options: &Options) -> Config {
    let mut config = Config::new();
    config.prost_path(format!("{}::codegen::prost", options.runtime_path));
    config.bytes(&options.bytes);
    // Ours are put in afterwards; see `docs`.
    config.disable_comments(["."]);
    // prost's own are foreign to the runtime, which could give them no JSON.
    config.compile_well_known_types();
    for (proto, rust) in Types::new(schema, options).of_runtime() {
        config.extern_path(proto, rust);
    }
    for (proto, rust) in &options.extern_paths {
        config.extern_path(proto, rust);
    }
    config
}
