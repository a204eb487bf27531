//! JSON: one line a field, each way.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::{Emitter, Package};
use crate::names;
use crate::schema::{Enum, Field, Message, Shape, Value};

impl Emitter<'_> {
    pub(super) fn json_enum(&self, package: &Package<'_>, item: &Enum) -> TokenStream {
        let rust = self.types.path(package.name, 1, &item.declaration.full_name);
        let names = item.values.iter().map(|value| {
            let (name, number) = (&value.name, proc_macro2::Literal::i32_unsuffixed(value.number));
            quote!((#name, #number))
        });
        quote! {
            impl j::JsonEnum for #rust {
                const NAMES: &'static [(&'static str, i32)] = &[#(#names),*];
            }
        }
    }

    pub(super) fn json_message(&self, package: &Package<'_>, message: &Message) -> TokenStream {
        let rust = self.types.path(package.name, 1, &message.declaration.full_name);
        let names = field_names(message).into_iter().map(|(name, number)| {
            let number = proc_macro2::Literal::usize_unsuffixed(number);
            quote!((#name, #number))
        });
        let writes = self.writes(package, message);
        let reads = message.fields.iter().enumerate().map(|(number, field)| {
            let number = proc_macro2::Literal::usize_unsuffixed(number);
            let read = self.read(package, message, field);
            quote!(#number => #read,)
        });
        let (map, field) = if message.fields.is_empty() {
            (quote!(_), quote!(_))
        } else {
            (quote!(map), quote!(field))
        };
        let body = if message.fields.is_empty() {
            quote!(j::skip(map))
        } else {
            quote!(match field { #(#reads)* _ => j::skip(map) })
        };
        quote! {
            impl j::JsonMessage for #rust {
                const FIELDS: &'static [(&'static str, u16)] = &[#(#names),*];
                fn write_fields<M: j::SerializeMap>(&self, #map: &mut M) -> m::Result<(), M::Error> {
                    #(#writes)*
                    Ok(())
                }
                fn read_field<'de, A: j::MapAccess<'de>>(&mut self, #field: u16, map: &mut A)
                    -> m::Result<(), A::Error>
                {
                    #body
                }
            }
        }
    }

    /// A statement for each field, and one for each oneof where its first member stands.
    fn writes(&self, package: &Package<'_>, message: &Message) -> Vec<TokenStream> {
        let mut written = Vec::new();
        let mut statements = Vec::new();
        for field in &message.fields {
            match field.shape {
                Shape::Member(oneof) if written.contains(&oneof) => {}
                Shape::Member(oneof) => {
                    written.push(oneof);
                    statements.push(self.write_oneof(package, message, oneof));
                }
                _ => statements.push(self.write(package, field)),
            }
        }
        statements
    }

    fn write(&self, package: &Package<'_>, field: &Field) -> TokenStream {
        let (kind, name) = (self.kind(package, &field.value), &field.json_name);
        let place = names::ident(&names::snake(&field.name));
        let function = match field.shape {
            Shape::Implicit => quote!(put),
            Shape::Optional => quote!(put_some),
            Shape::Required | Shape::Member(_) => quote!(put_always),
            Shape::List => quote!(put_list),
            Shape::Map => quote!(put_map),
        };
        quote!(j::#function::<#kind, _, _>(map, #name, &self.#place)?;)
    }

    fn write_oneof(&self, package: &Package<'_>, message: &Message, oneof: i32) -> TokenStream {
        let arms = members(message, oneof).map(|field| {
            let (kind, name) = (self.kind(package, &field.value), &field.json_name);
            let variant = self.member(package, message, field);
            quote!(Some(#variant(value)) => j::put_always::<#kind, _, _>(map, #name, value)?,)
        });
        let place = oneof_place(message, oneof);
        quote!(match &self.#place { #(#arms)* None => {} })
    }

    fn read(&self, package: &Package<'_>, message: &Message, field: &Field) -> TokenStream {
        let kind = self.kind(package, &field.value);
        let place = names::ident(&names::snake(&field.name));
        let function = match field.shape {
            Shape::Member(oneof) => {
                let place = oneof_place(message, oneof);
                let variant = self.member(package, message, field);
                return quote!(j::get_one::<#kind, _, _, _>(map, &mut self.#place, #variant));
            }
            Shape::Implicit => quote!(get),
            Shape::Optional => quote!(get_some),
            Shape::Required => quote!(get_required),
            Shape::List => quote!(get_list),
            Shape::Map => quote!(get_map),
        };
        quote!(j::#function::<#kind, _, _>(map, &mut self.#place))
    }

    fn kind(&self, package: &Package<'_>, value: &Value) -> TokenStream {
        match value {
            Value::Scalar => quote!(j::Plain),
            Value::Message(name) if self.types.is_well_known(name) => quote!(j::Known),
            Value::Message(_) => quote!(j::Nested),
            Value::Enum(name) if self.types.is_well_known(name) => quote!(j::Null),
            Value::Enum(full_name) => {
                let rust = self.types.path(package.name, 1, full_name);
                quote!(j::Enum<#rust>)
            }
        }
    }

    /// The path of a oneof's variant.
    fn member(&self, package: &Package<'_>, message: &Message, field: &Field) -> TokenStream {
        let Shape::Member(index) = field.shape else { unreachable!("only members are asked for") };
        let oneof = message.oneof(index);
        // The enum is in the message's module, as a nested message would be.
        let inside = format!("{}.{}", message.declaration.full_name, oneof.name);
        let path = self.types.path(package.name, 1, &inside);
        let path = replace_last(&path, &message.oneof_type(&oneof.name));
        let variant = names::ident(&names::camel(&field.name));
        quote!(#path::#variant)
    }
}

fn members(message: &Message, oneof: i32) -> impl Iterator<Item = &Field> {
    message.fields.iter().filter(move |field| field.shape == Shape::Member(oneof))
}

fn oneof_place(message: &Message, oneof: i32) -> proc_macro2::Ident {
    names::ident(&names::snake(&message.oneof(oneof).name))
}

/// The path with another last name.
fn replace_last(path: &TokenStream, name: &str) -> TokenStream {
    let mut path: Vec<_> = path.clone().into_iter().collect();
    path.pop();
    let name = names::ident(name);
    quote!(#(#path)* #name)
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
