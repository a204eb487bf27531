//! What the runtime wants of messages: [`Payload`], [`Event`], and names and fields for JSON.
//!
//! [`Payload`]: https://docs.rs/micro-runtime/latest/micro_runtime/codec/trait.Payload.html
//! [`Event`]: https://docs.rs/micro-runtime/latest/micro_runtime/trait.Event.html

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Item, ItemMod, parse_quote};

use super::{Emitter, Unit, contract, parse, print, printed};
use crate::options::Gate;
use crate::schema::{File, Message};

impl Emitter<'_> {
    /// The text of the module with all of it.
    pub(super) fn payloads(&self, unit: &Unit<'_>) -> Result<String, String> {
        if !self.options.messages {
            return Ok(String::new());
        }
        let local = |full_name: &str| !self.types.is_extern(full_name);
        let files = unit.files.iter();
        let messages = files
            .flat_map(|file| file.all_messages().into_iter().map(move |message| (*file, message)));
        let messages = messages.filter(|(_, message)| local(&message.declaration.full_name));
        let enums = unit.files.iter().flat_map(|file| file.all_enums());
        let enums = enums.filter(|item| local(&item.declaration.full_name));
        let enums = enums.filter(|_| !self.options.json.is_off());
        let messages = messages.flat_map(|(file, message)| self.message(unit, file, message));
        let mut impls = messages.chain(enums.map(|item| self.json_enum(unit, item))).peekable();
        if impls.peek().is_none() {
            return Ok(String::new());
        }
        self.module(unit, impls)
    }

    /// A module of these, each printed as if it were alone there.
    fn module(
        &self,
        unit: &Unit<'_>,
        impls: impl Iterator<Item = TokenStream>,
    ) -> Result<String, String> {
        let name = format_ident!("__micro_messages{}", unit.suffix);
        let (start, end) = (format!("mod {name} {{\n"), "}\n");
        let mut text = print(unit, parse(self.preamble(&name))?);
        text.truncate(text.len() - end.len());
        for tokens in impls {
            let mut module: ItemMod = parse_quote!(mod #name {});
            let (_, items) = module.content.as_mut().expect("it has braces");
            *items = parse(tokens)?;
            let module = printed(vec![Item::Mod(module)]);
            text += &module[start.len()..module.len() - end.len()];
        }
        Ok(text + end)
    }

    fn preamble(&self, name: &Ident) -> TokenStream {
        let (codegen, condition) = (&self.codegen, self.options.json.condition());
        let json =
            (!self.options.json.is_off()).then(|| quote!(#condition use #codegen::json as j;));
        let contract = contract();
        quote! {
            #[allow(deprecated)]
            mod #name {
                use #codegen as m;
                // A runtime that this file does not fit fails here, and says so.
                const _: () = m::contract(#contract);
                #json
            }
        }
    }

    /// Apart, as tokens within tokens are copied.
    fn message(&self, unit: &Unit<'_>, file: &File, message: &Message) -> Vec<TokenStream> {
        let full_name = &message.declaration.full_name;
        let rust = self.types.path(unit.package, 1, full_name);
        let json_methods = self.json_methods();
        let event = message
            .topic
            .as_ref()
            .map(|topic| quote!(impl m::Event for #rust { const TOPIC: &'static str = #topic; }));
        let payload = quote! {
            impl m::Payload for #rust {
                fn full_name(&self) -> &'static str { #full_name }
                fn encoded_len(&self) -> usize { m::prost::Message::encoded_len(self) }
                fn encode(&self, out: &mut m::BytesMut) { m::prost::Message::encode_raw(self, out) }
                fn merge(&mut self, bytes: m::Bytes) -> m::Result<(), m::DecodeError> {
                    m::merge(self, bytes)
                }
                #json_methods
            }
        };
        let mut impls = vec![payload];
        impls.extend(event);
        if !self.options.json.is_off() {
            impls.extend([self.json_message(unit, file, message), self.serde(&rust)]);
        }
        impls
    }

    /// With JSON, without it, or both behind conditions.
    fn json_methods(&self) -> TokenStream {
        let json = &self.options.json;
        let condition = json.condition();
        let with = (!json.is_off()).then(|| {
            quote! {
                #condition
                fn write_json(&self, out: &mut m::Vec<u8>) -> m::Result<(), m::EncodeError> {
                    j::write(self, out)
                }
                #condition
                fn merge_json(&mut self, text: &[u8]) -> m::Result<(), m::DecodeError> {
                    j::merge(self, text)
                }
            }
        });
        let (text, otherwise) = match json {
            Gate::On => return quote!(#with),
            Gate::Off => {
                ("this message was generated without JSON (option json=false)".to_owned(), None)
            }
            Gate::Feature(name) => {
                let text = format!("this message has JSON only with its crate's feature {name:?}");
                (text, json.otherwise())
            }
        };
        quote! {
            #with
            #otherwise
            fn write_json(&self, _: &mut m::Vec<u8>) -> m::Result<(), m::EncodeError> {
                Err(m::EncodeError::new(#text))
            }
            #otherwise
            fn merge_json(&mut self, _: &[u8]) -> m::Result<(), m::DecodeError> {
                Err(m::DecodeError::new(#text))
            }
        }
    }
}
