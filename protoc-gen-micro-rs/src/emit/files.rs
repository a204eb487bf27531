//! File descriptors, for reflection: each file's bytes once, and links to the files that it imports.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Emitter, Unit};
use crate::names;
use crate::options::Descriptors;
use crate::schema::File;

mod lean;

/// The files whose descriptors are in the runtime's `codegen::files`.
const SHARED: &[&str] = &[
    "google/api/annotations.proto",
    "google/api/http.proto",
    "google/protobuf/any.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/wrappers.proto",
    "google/rpc/error_details.proto",
    "micro/options.proto",
];

impl Emitter<'_> {
    /// The module with a unit's descriptors.
    pub(super) fn descriptors(&self, unit: &Unit<'_>) -> TokenStream {
        let constants = self.constants(unit);
        let statics = constants.iter().map(|(file, constant)| {
            let file = &self.schema.files[*file];
            let name = &file.name;
            let (bytes, imports) = self.embedded(file);
            let bytes = Literal::byte_string(&bytes);
            let dependencies = self.dependencies(unit, &constants, &imports);
            let types = self.message_types(unit, file);
            quote! {
                pub static #constant: m::FileDesc =
                    m::FileDesc::new(#name, #bytes, &[#(#dependencies),*]) #types;
            }
        });
        let (codegen, module) = (&self.codegen, module(unit));
        quote! {
            #[doc(hidden)]
            #[allow(deprecated)]
            pub mod #module {
                use #codegen as m;
                #(#statics)*
            }
        }
    }

    /// The descriptor of a file of this unit, seen from a module beside its own.
    pub(super) fn descriptor(&self, unit: &Unit<'_>, file: &File) -> TokenStream {
        let (module, constants) = (module(unit), self.constants(unit));
        let constant = &constants[&*file.name];
        quote!(super::#module::#constant)
    }

    /// The messages that a file of this unit declares, for `Any` in JSON.
    fn message_types(&self, unit: &Unit<'_>, file: &File) -> Option<TokenStream> {
        let is_here = unit.files.iter().any(|item| item.name == file.name);
        if !is_here || !self.options.messages || self.options.json.is_off() || !self.has_any() {
            return None;
        }
        let messages = file.all_messages();
        let names = messages.iter().map(|message| &*message.declaration.full_name);
        let types: Vec<_> = names
            .filter(|name| !self.types.is_extern(name))
            .map(|name| {
                let rust = self.types.path(unit.package, 1, name);
                quote!(m::MessageType::named::<#rust>(#name))
            })
            .collect();
        (!types.is_empty()).then(|| quote!(.types(&[#(#types),*])))
    }

    /// Whether any message may hold an `Any`: if not, nobody asks for types by their names, and a table of them would
    /// only keep the linker from leaving out what is not used.
    pub(super) fn has_any(&self) -> bool {
        self.schema.files.contains_key("google/protobuf/any.proto")
    }

    /// The bytes to embed, and the imports in them.
    fn embedded(&self, file: &File) -> (Vec<u8>, Vec<String>) {
        match self.options.descriptors {
            Descriptors::Full => (file.encoded.clone(), file.dependencies.clone()),
            Descriptors::Lean => lean::strip(file, self.schema),
            Descriptors::None => Default::default(),
        }
    }

    fn dependencies(
        &self,
        unit: &Unit<'_>,
        constants: &BTreeMap<&str, Ident>,
        imports: &[String],
    ) -> Vec<TokenStream> {
        let path = |name: &String| {
            if let Some(constant) = constants.get(&**name) {
                return quote!(&#constant);
            }
            let holds = |unit: &&Unit<'_>| unit.files.iter().any(|file| file.name == *name);
            let Some(there) = self.units.iter().find(holds) else {
                let constant = names::ident(&constant(name));
                return quote!(&m::files::#constant);
            };
            let constant = &self.constants(there)[&**name];
            let (modules, module) = (module_path(unit.package, there.package), module(there));
            quote!(&#modules::#module::#constant)
        };
        imports.iter().filter(|name| self.schema.files.contains_key(*name)).map(path).collect()
    }

    /// The names of a unit's statics: for its own files, and for imports that nobody generates code for.
    fn constants<'b>(&'b self, unit: &Unit<'b>) -> BTreeMap<&'b str, Ident> {
        let mut members = BTreeSet::new();
        for file in &unit.files {
            members.insert(&*file.name);
            self.foreign(file, &mut members);
        }
        members.into_iter().map(|name| (name, names::ident(&constant(name)))).collect()
    }

    fn foreign<'b>(&'b self, file: &'b File, members: &mut BTreeSet<&'b str>) {
        for name in self.embedded(file).1 {
            let Some((name, import)) = self.schema.files.get_key_value(&name) else { continue };
            if !self.schema.generate.contains(name) && !is_shared(name) && members.insert(name) {
                self.foreign(import, members);
            }
        }
    }
}

/// Whether the runtime has the descriptor: protoc or `micro-build` brings the file along.
fn is_shared(file: &str) -> bool {
    SHARED.contains(&file)
}

/// `greeter/v1/greeter.proto` is `GREETER_V1_GREETER_PROTO`. Where the name could be that of another file too, a number
/// follows that is the file's own: another run may name the same file, and has to call it the same.
pub(super) fn constant(file: &str) -> String {
    let spelled = |char: char| match char {
        'a'..='z' | '0'..='9' => char.to_ascii_uppercase(),
        _ => '_',
    };
    let mut name: String = file.to_lowercase().chars().map(spelled).collect();
    let stem = file.strip_suffix(".proto").unwrap_or(file);
    let is_plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '/';
    if !stem.chars().all(is_plain) && !is_shared(file) {
        let words: Vec<_> = name.split('_').filter(|word| !word.is_empty()).collect();
        name = format!("{}_X{:08X}", words.join("_"), hash(file));
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// FNV-1a, of 32 bits.
fn hash(text: &str) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, step)
}

/// The module with a unit's descriptors.
fn module(unit: &Unit<'_>) -> Ident {
    format_ident!("__micro_files{}", unit.suffix)
}

/// From a module inside one package's to the module of another.
fn module_path(from: &str, to: &str) -> TokenStream {
    let (from, to) = (names::modules(from), names::modules(to));
    let common = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
    let supers = (0..=from.len() - common).map(|_| names::ident("super"));
    let modules = to[common..].iter().map(|module| names::ident(module));
    let steps = supers.chain(modules);
    quote!(#(#steps)::*)
}
