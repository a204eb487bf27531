//! From a schema to Rust text: one file a package, and the tree of modules that includes them.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::parse::Parser;
use syn::{Attribute, Item};

use crate::names;
use crate::options::{Layout, Options};
use crate::protocol::OutputFile;
use crate::schema::{File, Schema};
use crate::types::Types;

mod docs;
mod files;
mod json;
mod messages;
mod payloads;
mod services;
pub(crate) mod tree;

/// What generated code relies on, by number; the runtime says which it keeps.
fn contract() -> Literal {
    Literal::u32_unsuffixed(1)
}

/// What every part of the output is made from.
struct Emitter<'a> {
    schema: &'a Schema,
    options: &'a Options,
    types: Types<'a>,
    units: Vec<Unit<'a>>,
    /// The path of the runtime's `codegen`.
    codegen: TokenStream,
}

/// What goes into one output file: a package, or one file of it.
struct Unit<'a> {
    package: &'a str,
    files: Vec<&'a File>,
    /// The name of the output file.
    output: String,
    /// What keeps the modules of a package's files apart.
    suffix: String,
}

/// Generates everything.
pub(crate) fn files(schema: &Schema, options: &Options) -> Result<Vec<OutputFile>, String> {
    let runtime = names::path_tokens(&options.runtime_path);
    let codegen = quote!(#runtime::codegen);
    let (types, units) = (Types::new(schema, options), units(schema, options.layout));
    let messages = messages::print(schema, options, &types, &units)?;
    let emitter = Emitter { schema, options, types, units, codegen };
    let mut output = Vec::with_capacity(emitter.units.len() + 1);
    for (unit, messages) in emitter.units.iter().zip(&messages) {
        output.push(OutputFile::new(unit.output.clone(), emitter.unit(unit, messages)?));
    }
    if let Some(name) = &options.mod_file {
        let files = emitter.units.iter().map(|unit| (unit.package, &*unit.output));
        output.push(OutputFile::new(name.clone(), tree::print(files)));
    }
    Ok(output)
}

fn units(schema: &Schema, layout: Layout) -> Vec<Unit<'_>> {
    let packages = schema.packages().into_iter();
    match layout {
        Layout::Package => packages
            .map(|(package, files)| {
                let output = tree::package_file(package);
                Unit { package, files, output, suffix: String::new() }
            })
            .collect(),
        Layout::File => packages
            .flat_map(|(package, files)| files.into_iter().map(move |file| (package, file)))
            .map(|(package, file)| {
                let output = tree::file_file(&file.name);
                let suffix = format!("_{}", files::constant(&file.name).to_lowercase());
                Unit { package, files: vec![file], output, suffix }
            })
            .collect(),
    }
}

impl Emitter<'_> {
    fn unit(&self, unit: &Unit<'_>, messages: &str) -> Result<String, String> {
        let mut text = self.header(unit);
        // Each item by itself: nothing printed depends on its neighbours, and trees of everything would take
        // hundreds of megabytes, which is slower too.
        let docs = docs::Docs::new(unit);
        for items in messages::items(unit.package, messages) {
            let mut items = items?;
            docs.decorate(&mut items);
            text += &print(unit, items);
        }
        for service in self.services(unit) {
            text += &print(unit, parse(service)?);
        }
        text += &self.payloads(unit)?;
        text += &print(unit, parse(self.descriptors(unit))?);
        Ok(text)
    }

    fn header(&self, unit: &Unit<'_>) -> String {
        let mut lines = vec![
            format!("{}. Do not edit.", tree::GENERATED),
            format!("{}{}", tree::PACKAGE, unit.package),
        ];
        lines.extend(unit.files.iter().map(|file| format!("// source: {}", line(&file.name))));
        lines
            .extend(self.options.given.iter().map(|option| format!("// option: {}", line(option))));
        lines.join("\n") + "\n\n"
    }
}

/// A text as part of one line.
fn line(text: &str) -> String {
    text.escape_default().to_string().replace("\\\"", "\"").replace("\\'", "'")
}

fn parse(tokens: TokenStream) -> Result<Vec<Item>, String> {
    let file: syn::Result<syn::File> = syn::parse2(tokens);
    let file = file.map_err(|error| {
        format!("the generated code is no Rust, which is a mistake of ours: {error}")
    })?;
    Ok(file.items)
}

fn print(unit: &Unit<'_>, mut items: Vec<Item>) -> String {
    if unit.package.is_empty() {
        // There is no module that could say it once; see `tree`.
        items.iter_mut().for_each(quieten);
    }
    printed(items)
}

fn printed(items: Vec<Item>) -> String {
    let file = syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items };
    prettyplease::unparse(&file)
}

/// Tells the lints of the including crate to leave an item alone.
fn quieten(item: &mut Item) {
    let attributes = match item {
        Item::Struct(item) => &mut item.attrs,
        Item::Enum(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Mod(item) => &mut item.attrs,
        Item::Use(item) => &mut item.attrs,
        _ => return,
    };
    let quiet = Attribute::parse_outer.parse_str(tree::QUIET).expect("these are attributes");
    attributes.extend(quiet);
}
