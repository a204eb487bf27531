//! What protobuf has and this generator does not, and types that nobody generates.

use crate::diagnostic::Diagnostic;
use crate::options::Options;
use crate::schema::{File, Schema};
use crate::types::Types;

pub(super) fn check(schema: &Schema, options: &Options, types: &Types<'_>) -> Vec<Diagnostic> {
    schema.generated().flat_map(|file| of_file(schema, options, types, file)).collect()
}

fn of_file(schema: &Schema, options: &Options, types: &Types<'_>, file: &File) -> Vec<Diagnostic> {
    let losses = file.losses.iter();
    let mut found: Vec<_> = losses.map(|(path, text)| file.source.diagnostic(path, text)).collect();
    let services = file.services.iter().flat_map(|service| &service.methods);
    let paths: Vec<_> = services.map(|method| &*method.path).collect();
    for (name, path) in file.references() {
        // Fields are not printed then, so only what services name has to be somewhere.
        if types.is_extern(name) || (!options.messages && !paths.contains(&path)) {
            continue;
        }
        let missing = missing(schema, options, types, name);
        found.extend(missing.map(|text| file.source.diagnostic(path, text)));
    }
    found
}

/// Why a type that no other crate holds is not generated either.
fn missing(schema: &Schema, options: &Options, types: &Types<'_>, name: &str) -> Option<String> {
    let way_out =
        format!("name the crate that holds it with extern_path=.{name}=::some_crate::Type");
    if !options.messages {
        return Some(format!("{name} is not generated (option messages=false); {way_out}"));
    }
    let there = types.file(name)?;
    if options.is_excluded(&there.package) {
        let package = &there.package;
        return Some(format!(
            "{name} is not generated (option exclude_package=.{package}); {way_out}"
        ));
    }
    // Where several runs share a folder, another one may generate it.
    if schema.generate.contains(&there.name) || options.mod_file.is_none() {
        return None;
    }
    Some(format!(
        "{name} is not generated, since {} is only imported; generate code for both files in one run \
         (buf: strategy: all), or {way_out}, or say mod_file=none if several runs write into one folder",
        there.name
    ))
}
