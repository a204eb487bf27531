//! JSON: one line a field, each way.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::{Emitter, Unit};
use crate::names;
use crate::schema::{Enum, Field, File, Message, Shape, Value};

impl Emitter<'_> {
    pub(super) fn json_enum(&self, unit: &Unit<'_>, item: &Enum) -> TokenStream {
        let rust = self.types.path(unit.package, 1, &item.declaration.full_name);
        let names = item.values.iter().map(|value| {
            let (name, number) = (&value.name, proc_macro2::Literal::i32_unsuffixed(value.number));
            quote!((#name, #number))
        });
        let condition = self.options.json.condition();
        quote! {
            #condition
            impl j::JsonEnum for #rust {
                const NAMES: &'static [(&'static str, i32)] = &[#(#names),*];
            }
        }
    }

    pub(super) fn json_message(
        &self,
        unit: &Unit<'_>,
        file: &File,
        message: &Message,
    ) -> TokenStream {
        let file = self.has_any().then(|| {
            let file = self.descriptor(unit, file);
            quote!(const FILE: Option<&'static m::FileDesc> = Some(&#file);)
        });
        let rust = self.types.path(unit.package, 1, &message.declaration.full_name);
        let names = field_names(message).into_iter().map(|(name, number)| {
            let number = proc_macro2::Literal::usize_unsuffixed(number);
            quote!((#name, #number))
        });
        let writes = self.writes(unit, message);
        let reads = message.fields.iter().enumerate().map(|(number, field)| {
            let number = proc_macro2::Literal::usize_unsuffixed(number);
            let read = self.read(unit, message, field);
            quote!(#number => #read,)
        });
        let (out, field) = if message.fields.is_empty() {
            (quote!(_), quote!(_))
        } else {
            (quote!(out), quote!(field))
        };
        let body = if message.fields.is_empty() {
            quote!(j::skip(reader))
        } else {
            quote!(match field { #(#reads)* _ => j::skip(reader) })
        };
        let condition = self.options.json.condition();
        quote! {
            #condition
            impl j::JsonMessage for #rust {
                const FIELDS: &'static [(&'static str, u16)] = &[#(#names),*];
                #file
                fn write_fields(&self, #out: &mut m::Vec<u8>) -> m::Result<(), j::Error> {
                    #(#writes)*
                    Ok(())
                }
                fn read_field(&mut self, #field: u16, reader: &mut j::Reader<'_>)
                    -> m::Result<(), j::Error>
                {
                    #body
                }
            }
        }
    }

    /// serde's traits, which write and read the same.
    pub(super) fn serde(&self, rust: &TokenStream) -> TokenStream {
        let condition = self.options.json.condition();
        quote! {
            #condition
            impl j::Serialize for #rust {
                fn serialize<S: j::Serializer>(&self, serializer: S) -> m::Result<S::Ok, S::Error> {
                    j::serialize(self, serializer)
                }
            }
            #condition
            impl<'de> j::Deserialize<'de> for #rust {
                fn deserialize<D: j::Deserializer<'de>>(deserializer: D) -> m::Result<Self, D::Error> {
                    j::deserialize(deserializer)
                }
            }
        }
    }

    /// A statement for each field, and one for each oneof where its first member stands.
    fn writes(&self, unit: &Unit<'_>, message: &Message) -> Vec<TokenStream> {
        let mut written = Vec::new();
        let mut statements = Vec::new();
        for field in &message.fields {
            match field.shape {
                Shape::Member(oneof) if written.contains(&oneof) => {}
                Shape::Member(oneof) => {
                    written.push(oneof);
                    statements.push(self.write_oneof(unit, message, oneof));
                }
                _ => statements.push(self.write(unit, field)),
            }
        }
        statements
    }

    fn write(&self, unit: &Unit<'_>, field: &Field) -> TokenStream {
        let (kind, name) = (self.kind(unit, &field.value), escaped(&field.json_name));
        let place = names::ident(&field.rust);
        let function = match field.shape {
            Shape::Implicit => quote!(put),
            Shape::Optional => quote!(put_some),
            Shape::Required | Shape::Member(_) => quote!(put_always),
            Shape::List => quote!(put_list),
            Shape::Map => quote!(put_map),
        };
        quote!(j::#function::<#kind, _>(out, #name, &self.#place)?;)
    }

    fn write_oneof(&self, unit: &Unit<'_>, message: &Message, oneof: i32) -> TokenStream {
        let arms = message.members(oneof).map(|field| {
            let (kind, name) = (self.kind(unit, &field.value), escaped(&field.json_name));
            let variant = self.member(unit, message, field);
            quote!(Some(#variant(value)) => j::put_always::<#kind, _>(out, #name, value)?,)
        });
        let place = oneof_place(message, oneof);
        quote!(match &self.#place { #(#arms)* None => {} })
    }

    fn read(&self, unit: &Unit<'_>, message: &Message, field: &Field) -> TokenStream {
        let kind = self.kind(unit, &field.value);
        let place = names::ident(&field.rust);
        let function = match field.shape {
            Shape::Member(oneof) => {
                let place = oneof_place(message, oneof);
                let variant = self.member(unit, message, field);
                return quote!(j::get_one::<#kind, _, _>(reader, &mut self.#place, #variant));
            }
            Shape::Implicit => quote!(get),
            Shape::Optional => quote!(get_some),
            Shape::Required => quote!(get_required),
            Shape::List => quote!(get_list),
            Shape::Map => quote!(get_map),
        };
        quote!(j::#function::<#kind, _>(reader, &mut self.#place))
    }

    fn kind(&self, unit: &Unit<'_>, value: &Value) -> TokenStream {
        match value {
            Value::Scalar(_) => quote!(j::Plain),
            Value::Message(name) if self.types.is_well_known(name) => quote!(j::Known),
            Value::Message(_) => quote!(j::Nested),
            Value::Enum(name) if self.types.is_well_known(name) => quote!(j::Null),
            Value::Enum(full_name) => {
                let rust = self.types.path(unit.package, 1, full_name);
                quote!(j::Enum<#rust>)
            }
        }
    }

    /// The path of a oneof's variant.
    fn member(&self, unit: &Unit<'_>, message: &Message, field: &Field) -> TokenStream {
        let Shape::Member(index) = field.shape else { unreachable!("only members are asked for") };
        let path = self.types.path_in(unit.package, 1, message, &message.oneof(index).rust);
        let variant = names::ident(&field.rust);
        quote!(#path::#variant)
    }
}

fn oneof_place(message: &Message, oneof: i32) -> proc_macro2::Ident {
    names::ident(&message.oneof(oneof).place)
}

/// A name as it stands between quotes in JSON.
fn escaped(name: &str) -> String {
    let escape = |char: char| match char {
        '"' | '\\' => format!("\\{char}"),
        '\0'..='\x1f' => format!("\\u{:04x}", u32::from(char)),
        _ => char.to_string(),
    };
    name.chars().map(escape).collect()
}

/// Every name that a field has in JSON, sorted; where two fields want one name, the JSON name goes first.
fn field_names(message: &Message) -> BTreeMap<&str, usize> {
    let mut names = BTreeMap::new();
    for (number, field) in message.fields.iter().enumerate() {
        names.insert(&*field.json_name, number);
    }
    for (number, field) in message.fields.iter().enumerate() {
        names.entry(&*field.name).or_insert(number);
    }
    names
}
