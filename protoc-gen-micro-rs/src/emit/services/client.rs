//! The client: a method for each rpc.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Module, Rpc};
use crate::options::Target;
use crate::schema::MethodKind;

impl Module<'_> {
    pub(super) fn client(&self) -> TokenStream {
        let client = &self.client;
        let docs = self.docs(&format!("Calls service `{}`.", self.service.full_name));
        let deprecated = self.deprecated();
        let condition = self.emitter.options.client.condition();
        let attributes = self.attributes(Target::Client);
        let constructors = self.constructors();
        let methods = self.rpcs.iter().map(client_method);
        let conversions = self.conversions();
        quote! {
            #docs
            ///
            /// Cheap to clone. Each method returns a call: a `'static` future with options, sent when it is awaited.
            #condition
            #deprecated
            #attributes
            #[derive(Clone, Debug)]
            pub struct #client { target: m::Target }
            #condition
            impl #client {
                #constructors
                #(#methods)*
            }
            #conversions
        }
    }

    /// Those whose names no rpc has: an rpc always keeps its name.
    fn constructors(&self) -> TokenStream {
        let (handler, server) = (&self.handler, &self.server);
        let is_free = |name| !self.rpcs.iter().any(|rpc| rpc.is_named(name));
        let new = is_free("new").then(|| {
            quote! {
                /// Calls the nodes that the registry has for `service`.
                pub fn new(service: impl Into<String>, client: m::Client) -> Self {
                    Self { target: m::Target::new(service, client) }
                }
            }
        });
        let served = &self.emitter.options.server;
        let in_process = (!served.is_off() && is_free("in_process")).then(|| {
            let condition = served.condition();
            quote! {
                /// Calls a handler in this process, through the codec: a test double.
                #condition
                pub fn in_process<H: #handler>(handler: H) -> Self {
                    <Self as From<#server<H>>>::from(#server::new(handler))
                }
            }
        });
        quote!(#new #in_process)
    }

    /// The same as the constructors, whatever the rpcs are called.
    fn conversions(&self) -> TokenStream {
        let (client, handler, server) = (&self.client, &self.handler, &self.server);
        let condition = self.emitter.options.client.condition();
        let served = &self.emitter.options.server;
        let in_process = (!served.is_off()).then(|| {
            let served = served.condition();
            quote! {
                #condition
                #served
                impl<H: #handler> From<#server<H>> for #client {
                    fn from(server: #server<H>) -> Self {
                        Self { target: m::Target::new(NAME, m::Client::in_process(server)) }
                    }
                }
            }
        });
        quote! {
            #condition
            impl From<(&str, m::Client)> for #client {
                fn from((service, client): (&str, m::Client)) -> Self {
                    Self { target: m::Target::new(service, client) }
                }
            }
            #in_process
        }
    }
}

fn client_method(rpc: &Rpc<'_>) -> TokenStream {
    let Rpc { name, constant, input, output, docs, deprecated, .. } = rpc;
    let output = match rpc.method.kind {
        MethodKind::Unary | MethodKind::ClientStream => quote!(#output),
        MethodKind::ServerStream | MethodKind::Bidi => quote!(m::Streaming<#output>),
    };
    let one = quote!(request: impl Into<m::Request<#input>>);
    let many = quote! {
        requests: impl m::Stream<Item = impl m::StreamItem<#input>> + Send + 'static
    };
    let (argument, call) = match rpc.method.kind {
        MethodKind::Unary => (one, quote!(unary::<#input>(&self.target, #constant, request))),
        MethodKind::ServerStream => {
            (one, quote!(server_stream::<#input>(&self.target, #constant, request)))
        }
        MethodKind::ClientStream => {
            (many, quote!(client_stream::<#input>(&self.target, #constant, requests)))
        }
        MethodKind::Bidi => (many, quote!(bidi::<#input>(&self.target, #constant, requests))),
    };
    quote! {
        #docs
        #deprecated
        pub fn #name(&self, #argument) -> m::Call<#output> {
            m::Call::<#output>::#call
        }
    }
}
