//! What the runtime wants of messages: [`Payload`], [`Event`], and names and fields for JSON.
//!
//! [`Payload`]: https://docs.rs/micro-runtime/latest/micro_runtime/codec/trait.Payload.html
//! [`Event`]: https://docs.rs/micro-runtime/latest/micro_runtime/trait.Event.html

use proc_macro2::TokenStream;
use quote::quote;

use super::{Emitter, Package};
use crate::schema::Message;

impl Emitter<'_> {
    pub(super) fn payloads(&self, package: &Package<'_>) -> TokenStream {
        let local = |full_name: &str| !self.types.is_extern(full_name);
        let messages: Vec<_> = package.files.iter().flat_map(|file| file.all_messages()).collect();
        let messages = messages.into_iter().filter(|message| local(&message.declaration.full_name));
        let enums: Vec<_> = package.files.iter().flat_map(|file| file.all_enums()).collect();
        let enums = enums.into_iter().filter(|item| local(&item.declaration.full_name));
        let mut impls: Vec<_> = messages.map(|message| self.message(package, message)).collect();
        if self.options.json {
            impls.extend(enums.map(|item| self.json_enum(package, item)));
        }
        if impls.is_empty() {
            return TokenStream::new();
        }
        let codegen = &self.codegen;
        let json = self.options.json.then(|| quote!(use #codegen::json as j;));
        quote! {
            #[allow(deprecated)]
            mod __micro_messages {
                use #codegen as m;
                #json
                #(#impls)*
            }
        }
    }

    fn message(&self, package: &Package<'_>, message: &Message) -> TokenStream {
        let full_name = &message.declaration.full_name;
        let rust = self.types.path(package.name, 1, full_name);
        let (write_json, merge_json) = self.json_methods();
        let event = message
            .topic
            .as_ref()
            .map(|topic| quote!(impl m::Event for #rust { const TOPIC: &'static str = #topic; }));
        let json = self.options.json.then(|| self.json_message(package, message));
        quote! {
            impl m::Payload for #rust {
                fn full_name(&self) -> &'static str { #full_name }
                fn encoded_len(&self) -> usize { m::prost::Message::encoded_len(self) }
                fn encode(&self, out: &mut m::BytesMut) { m::prost::Message::encode_raw(self, out) }
                fn merge(&mut self, bytes: m::Bytes) -> m::Result<(), m::DecodeError> {
                    m::merge(self, bytes)
                }
                #write_json
                #merge_json
            }
            #event
            #json
        }
    }

    fn json_methods(&self) -> (TokenStream, TokenStream) {
        if self.options.json {
            let write = quote! {
                fn write_json(&self, out: &mut m::Vec<u8>) -> m::Result<(), m::EncodeError> {
                    j::write(self, out)
                }
            };
            let merge = quote! {
                fn merge_json(&mut self, text: &[u8]) -> m::Result<(), m::DecodeError> {
                    j::merge(self, text)
                }
            };
            return (write, merge);
        }
        let text = "this message was generated without JSON (option json=false)";
        let write = quote! {
            fn write_json(&self, _: &mut m::Vec<u8>) -> m::Result<(), m::EncodeError> {
                Err(m::EncodeError::new(#text))
            }
        };
        let merge = quote! {
            fn merge_json(&mut self, _: &[u8]) -> m::Result<(), m::DecodeError> {
                Err(m::DecodeError::new(#text))
            }
        };
        (write, merge)
    }
}
