//! The typed client.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Method, Service, doc};
use crate::parameters::Parameters;

impl Service<'_> {
    pub(super) fn client(&self, parameters: &Parameters) -> TokenStream {
        let client = self.type_name("Client");
        let doc = doc(&self.doc, &format!("Calls `{}`.", self.full_name));
        let constructors = self.constructors(parameters);
        let methods = self.methods.iter().map(Method::call);
        quote! {
            #doc
            ///
            /// Cheap to clone. Every call takes `&self` and is a future of its own: await it, join it, spawn it.
            #[derive(Clone, Debug)]
            pub struct #client {
                target: m::Target,
            }
            impl From<m::Target> for #client {
                fn from(target: m::Target) -> Self {
                    #client { target }
                }
            }
            impl #client {
                #constructors
                #(#methods)*
            }
        }
    }

    /// `new` and `in_process`, unless an rpc is called so: `From<Target>` is there in any case.
    fn constructors(&self, parameters: &Parameters) -> TokenStream {
        let free = |name: &str| self.methods.iter().all(|method| method.snake != name);
        let (client, mut constructors) = (self.type_name("Client"), TokenStream::new());
        if free("new") {
            constructors.extend(quote! {
                /// Calls the nodes that the client's registry knows as `service`.
                pub fn new(service: &str, client: m::Client) -> Self {
                    #client { target: m::Target::new(service, client) }
                }
            });
        }
        if free("in_process") && parameters.server {
            let (handler, server) = (self.type_name("Handler"), self.type_name("Server"));
            constructors.extend(quote! {
                /// Calls a handler in this process, through the codec: a test double.
                pub fn in_process<H: #handler>(handler: H) -> Self {
                    let client = m::Client::in_process(#server::new(handler));
                    #client { target: m::Target::new(NAME, client) }
                }
            });
        }
        constructors
    }
}

impl Method {
    fn call(&self) -> TokenStream {
        let Self { snake, constant, input, output, .. } = self;
        let (attributes, function) = (self.attributes(), self.kind.function());
        let output = if self.kind.server_streams() {
            quote!(m::Streaming<#output>)
        } else {
            quote!(#output)
        };
        if self.kind.client_streams() {
            return quote! {
                #attributes
                pub fn #snake(
                    &self,
                    requests: impl m::Stream<Item = impl m::StreamItem<#input>> + Send + 'static,
                ) -> m::Call<#output> {
                    m::Call::<#output>::#function::<#input>(&self.target, #constant, requests)
                }
            };
        }
        quote! {
            #attributes
            pub fn #snake(&self, request: impl Into<m::Request<#input>>) -> m::Call<#output> {
                m::Call::<#output>::#function(&self.target, #constant, request)
            }
        }
    }
}
