//! Canonical JSON of messages and enums, one line for a field each way.

use proc_macro2::TokenStream;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};
use quote::quote;

use crate::diagnostic::Diagnostic;
use crate::model::Model;
use crate::names::{camel, ident, snake};

/// What the fields of one message are generated from.
pub(crate) struct Messages<'a> {
    pub(crate) model: &'a Model,
    pub(crate) file: &'a FileDescriptorProto,
}

/// How many values a field has, and whether it is known to be set.
enum Shape {
    Implicit,
    Optional,
    Required,
    List,
    Map {
        value: TokenStream,
    },
    /// A member of a oneof: the oneof's field, and the path of the member's variant.
    Member {
        field: syn::Ident,
        variant: syn::Path,
    },
}

impl Messages<'_> {
    /// The implementation for an enum.
    pub(crate) fn enumeration(&self, path: &syn::Path, proto: &EnumDescriptorProto) -> TokenStream {
        let names = proto.value.iter().map(|value| {
            let (name, number) = (value.name(), value.number());
            quote!((#name, #number))
        });
        quote! {
            impl j::JsonEnum for #path {
                const NAMES: &'static [(&'static str, i32)] = &[#(#names),*];
            }
        }
    }

    /// The implementation for a message at `path`, whose full name begins with a dot.
    pub(crate) fn message(
        &self,
        path: &syn::Path,
        full_name: &str,
        proto: &DescriptorProto,
    ) -> Result<TokenStream, Diagnostic> {
        let (mut names, mut writes, mut reads) = (Vec::new(), Vec::new(), Vec::new());
        for (index, field) in proto.field.iter().enumerate() {
            let number = u16::try_from(index).unwrap_or(u16::MAX);
            let (json_name, proto_name) = (field.json_name(), field.name());
            names.push(quote!((#json_name, #number)));
            if json_name != proto_name {
                names.push(quote!((#proto_name, #number)));
            }
            let kind = self.kind(field)?;
            let shape = self.shape(full_name, proto, field)?;
            writes.push(write(field, &kind, &shape));
            let read = read(field, &kind, &shape);
            reads.push(quote!(#number => #read,));
        }
        let message = if proto.field.is_empty() { quote!(_) } else { quote!(map) };
        Ok(quote! {
            impl j::JsonMessage for #path {
                const FIELDS: &'static [(&'static str, u16)] = &[#(#names),*];
                fn write_fields<M: j::SerializeMap>(&self, #message: &mut M) -> Result<(), M::Error> {
                    #(#writes)*
                    Ok(())
                }
                fn read_field<'de, A: j::MapAccess<'de>>(
                    &mut self,
                    field: u16,
                    map: &mut A,
                ) -> Result<(), A::Error> {
                    match field {
                        #(#reads)*
                        _ => j::skip(map),
                    }
                }
            }
        })
    }

    fn shape(
        &self,
        full_name: &str,
        message: &DescriptorProto,
        field: &FieldDescriptorProto,
    ) -> Result<Shape, Diagnostic> {
        if field.label() == Label::Repeated {
            return match self.model.map_entry(field.type_name()) {
                Some(entry) => Ok(Shape::Map { value: self.kind(&entry.field[1])? }),
                None => Ok(Shape::List),
            };
        }
        if let (Some(oneof), false) = (field.oneof_index, field.proto3_optional()) {
            let index = usize::try_from(oneof).unwrap_or_default();
            let oneof = message.oneof_decl.get(index).map(|oneof| oneof.name()).unwrap_or_default();
            let variant = self.variant(full_name, message, oneof, field)?;
            return Ok(Shape::Member { field: ident(&snake(oneof)), variant });
        }
        let is_message = matches!(field.r#type(), Type::Message | Type::Group);
        let is_proto2 = matches!(self.file.syntax(), "" | "proto2");
        Ok(match field.label() {
            Label::Required => Shape::Required,
            _ if is_message || is_proto2 || field.proto3_optional() => Shape::Optional,
            _ => Shape::Implicit,
        })
    }

    /// The path of a oneof member's variant, as prost names it.
    fn variant(
        &self,
        full_name: &str,
        message: &DescriptorProto,
        oneof: &str,
        field: &FieldDescriptorProto,
    ) -> Result<syn::Path, Diagnostic> {
        let mut name = camel(oneof);
        let nested = message.nested_type.iter().map(|nested| nested.name());
        let enums = message.enum_type.iter().map(|nested| nested.name());
        if nested.chain(enums).any(|nested| camel(nested) == name) {
            name.push_str("OneOf");
        }
        let path = self.model.rust_path(full_name, self.file.package(), 1).unwrap_or_default();
        let (modules, _) = path.rsplit_once("::").unwrap_or_default();
        let module = snake(message.name());
        parse(&format!("{modules}::{module}::{name}::{}", camel(field.name())))
    }

    /// What a value is: plain, an enum or a message.
    fn kind(&self, field: &FieldDescriptorProto) -> Result<TokenStream, Diagnostic> {
        match field.r#type() {
            Type::Message | Type::Group => Ok(quote!(j::Nested)),
            Type::Enum => {
                let path = self.model.rust_path(field.type_name(), self.file.package(), 1);
                let path = parse(&path.unwrap_or_default())?;
                Ok(quote!(j::Enum<#path>))
            }
            _ => Ok(quote!(j::Plain)),
        }
    }
}

fn write(field: &FieldDescriptorProto, kind: &TokenStream, shape: &Shape) -> TokenStream {
    let (name, member) = (field.json_name(), ident(&snake(field.name())));
    match shape {
        Shape::Implicit => quote!(j::put::<#kind, _, _>(map, #name, &self.#member)?;),
        Shape::Optional => quote!(j::put_some::<#kind, _, _>(map, #name, &self.#member)?;),
        Shape::Required => quote!(j::put_always::<#kind, _, _>(map, #name, &self.#member)?;),
        Shape::List => quote!(j::put_list::<#kind, _, _>(map, #name, &self.#member)?;),
        Shape::Map { value } => quote!(j::put_map::<#value, _, _>(map, #name, &self.#member)?;),
        Shape::Member { field, variant } => quote! {
            if let Some(#variant(value)) = &self.#field {
                j::put_always::<#kind, _, _>(map, #name, value)?;
            }
        },
    }
}

fn read(field: &FieldDescriptorProto, kind: &TokenStream, shape: &Shape) -> TokenStream {
    let member = ident(&snake(field.name()));
    match shape {
        Shape::Implicit | Shape::Required => quote!(j::get::<#kind, _, _>(map, &mut self.#member)),
        Shape::Optional => quote!(j::get_some::<#kind, _, _>(map, &mut self.#member)),
        Shape::List => quote!(j::get_list::<#kind, _, _>(map, &mut self.#member)),
        Shape::Map { value } => quote!(j::get_map::<#value, _, _>(map, &mut self.#member)),
        Shape::Member { field, variant } => {
            quote!(j::get_one::<#kind, _, _, _>(map, &mut self.#field, #variant))
        }
    }
}

pub(crate) fn parse(path: &str) -> Result<syn::Path, Diagnostic> {
    syn::parse_str(path).map_err(|error| Diagnostic::general(format!("the path {path:?}: {error}")))
}
