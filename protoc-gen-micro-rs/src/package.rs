//! One package's file: prost's messages, then services, payloads, events, JSON and descriptors.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};
use quote::quote;

use crate::descriptors;
use crate::diagnostic::Diagnostic;
use crate::json::{Messages, parse};
use crate::model::Model;
use crate::options;
use crate::parameters::Parameters;
use crate::service::Service;

/// The text of a package's file.
pub(crate) fn render(
    model: &Model,
    package: &str,
    messages: Option<&String>,
    parameters: &Parameters,
) -> Result<String, Vec<Diagnostic>> {
    let general = |error: Diagnostic| vec![error];
    let runtime = parse(&parameters.runtime_path).map_err(general)?;
    let services = services(model, package, parameters)?;
    let mut parts = Parts::default();
    for file in model.files_of(package) {
        parts.add_file(model, file).map_err(general)?;
    }
    let Parts { payloads, events, json } = parts;
    let json_methods = parameters.json;
    let payloads = payloads.iter().map(|(path, name)| payload(path, name, json_methods));
    let events = events.iter().map(|(path, topic)| {
        quote! {
            impl m::Event for #path {
                const TOPIC: &'static str = #topic;
            }
        }
    });
    let json = match parameters.json {
        true => quote! {
            mod __micro_json {
                use #runtime::codegen::json as j;
                #(#json)*
            }
        },
        false => TokenStream::new(),
    };
    let files = match parameters.descriptors {
        true => descriptors::render(model, package, &runtime),
        false => TokenStream::new(),
    };
    let ours = quote! {
        #services
        mod __micro_payloads {
            use #runtime::codegen as m;
            #(#payloads)*
            #(#events)*
        }
        #json
        #files
    };
    print(model, package, messages.map(String::as_str).unwrap_or_default(), ours).map_err(general)
}

fn services(
    model: &Model,
    package: &str,
    parameters: &Parameters,
) -> Result<TokenStream, Vec<Diagnostic>> {
    let mut taken = model.taken_names(package);
    let (mut tokens, mut problems) = (TokenStream::new(), Vec::new());
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for file in model.files_of(package) {
        for index in 0..file.service.len() {
            let name = file.service[index].name();
            match Service::new(model, file, index, &taken) {
                Err(more) => problems.extend(more),
                Ok(service) => {
                    if let Some(other) = seen.insert(crate::names::camel(name), name.to_owned()) {
                        let text = format!(
                            "services {name} and {other} have one name in Rust: rename one"
                        );
                        let place = [6, crate::model::index_of(index)];
                        problems.push(Diagnostic::at(file, &place, text));
                    }
                    tokens.extend(service.render(parameters, &taken).map_err(|error| vec![error])?);
                    taken.insert(service.module().to_string());
                }
            }
        }
    }
    if problems.is_empty() { Ok(tokens) } else { Err(problems) }
}

/// What is generated for each message and enum of a package.
#[derive(Default)]
struct Parts {
    payloads: Vec<(syn::Path, String)>,
    events: Vec<(syn::Path, String)>,
    json: Vec<TokenStream>,
}

impl Parts {
    fn add_file(&mut self, model: &Model, file: &FileDescriptorProto) -> Result<(), Diagnostic> {
        let scope = match file.package() {
            "" => String::new(),
            package => format!(".{package}"),
        };
        let options = model.options(file).map(|file| file.message.as_slice()).unwrap_or_default();
        let messages = Messages { model, file };
        for (index, message) in file.message_type.iter().enumerate() {
            self.add_message(&messages, message, &scope, options.get(index))?;
        }
        file.enum_type.iter().try_for_each(|proto| self.add_enum(&messages, proto, &scope))
    }

    fn add_message(
        &mut self,
        messages: &Messages<'_>,
        proto: &DescriptorProto,
        scope: &str,
        options: Option<&options::MessageType>,
    ) -> Result<(), Diagnostic> {
        if proto.options.as_ref().is_some_and(|options| options.map_entry()) {
            return Ok(());
        }
        let full_name = format!("{scope}.{}", proto.name());
        let path = place(messages, &full_name)?;
        self.json.push(messages.message(&path, &full_name, proto)?);
        let name = full_name.trim_start_matches('.').to_owned();
        if let Some(topic) = options.and_then(|options| options.options.as_ref()?.topic.as_ref()) {
            let topic = if topic.name.is_empty() { name.clone() } else { topic.name.clone() };
            self.events.push((path.clone(), topic));
        }
        self.payloads.push((path, name));
        for (index, nested) in proto.nested_type.iter().enumerate() {
            let options = options.and_then(|options| options.nested.get(index));
            self.add_message(messages, nested, &full_name, options)?;
        }
        proto.enum_type.iter().try_for_each(|proto| self.add_enum(messages, proto, &full_name))
    }

    fn add_enum(
        &mut self,
        messages: &Messages<'_>,
        proto: &EnumDescriptorProto,
        scope: &str,
    ) -> Result<(), Diagnostic> {
        let path = place(messages, &format!("{scope}.{}", proto.name()))?;
        self.json.push(messages.enumeration(&path, proto));
        Ok(())
    }
}

fn place(messages: &Messages<'_>, full_name: &str) -> Result<syn::Path, Diagnostic> {
    let path = messages.model.rust_path(full_name, messages.file.package(), 1);
    parse(&path.unwrap_or_default())
}

fn payload(path: &syn::Path, name: &str, json: bool) -> TokenStream {
    let (write, merge) = match json {
        true => (quote!(m::json::write(self, out)), quote!(m::json::merge(self, text))),
        false => (quote!(m::no_json_written(self, out)), quote!(m::no_json_read(self, text))),
    };
    quote! {
        impl m::Payload for #path {
            fn full_name(&self) -> &'static str {
                #name
            }
            fn encoded_len(&self) -> usize {
                m::prost::Message::encoded_len(self)
            }
            fn encode(&self, out: &mut m::BytesMut) {
                m::prost::Message::encode_raw(self, out)
            }
            fn merge(&mut self, bytes: m::Bytes) -> m::Result<(), m::DecodeError> {
                m::merge(self, bytes)
            }
            fn write_json(&self, out: &mut m::Vec<u8>) -> m::Result<(), m::EncodeError> {
                #write
            }
            fn merge_json(&mut self, text: &[u8]) -> m::Result<(), m::DecodeError> {
                #merge
            }
        }
    }
}

/// Prints everything in one go; the files that it was made from stand at the top.
fn print(
    model: &Model,
    package: &str,
    messages: &str,
    ours: TokenStream,
) -> Result<String, Diagnostic> {
    let broken = |error: syn::Error| Diagnostic::general(format!("package {package:?}: {error}"));
    let mut file = syn::parse_file(messages).map_err(broken)?;
    file.items.extend(syn::parse2::<syn::File>(ours).map_err(broken)?.items);
    let sources: BTreeSet<_> = model.files_of(package).map(FileDescriptorProto::name).collect();
    let sources: String = sources.iter().map(|name| format!("// source: {name}\n")).collect();
    let version = crate::VERSION;
    let text = prettyplease::unparse(&file);
    Ok(format!("// @generated by protoc-gen-micro-rs {version}. Do not edit.\n{sources}\n{text}"))
}
