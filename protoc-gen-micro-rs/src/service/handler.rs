//! The handler trait and the server around it.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Method, Service, doc};

impl Service<'_> {
    pub(super) fn handler(&self) -> TokenStream {
        let (handler, server) = (self.type_name("Handler"), self.type_name("Server"));
        let doc = doc(&self.doc, &format!("Handles the calls of `{}`.", self.full_name));
        let methods = self.methods.iter().map(Method::default_handler);
        let arms = self.methods.iter().enumerate().map(|(index, method)| {
            let (name, function) = (&method.snake, method.kind.function());
            quote! {
                #index => m::#function(call, move |context, request| async move {
                    <H as #handler>::#name(&*handler, context, request).await
                }),
            }
        });
        let server_doc =
            format!(" Serves a [`{handler}`]: what `handle` of a service or server takes.");
        let allow = self.methods.iter().any(|method| method.deprecated);
        let allow = if allow { quote!(#[allow(deprecated)]) } else { TokenStream::new() };
        quote! {
            #doc
            ///
            /// Implement it with plain `async fn`. A method that is left out answers `unimplemented`, so a
            /// new rpc in the `.proto` file breaks no implementation.
            pub trait #handler: Send + Sync + 'static {
                #(#methods)*
            }
            #[doc = #server_doc]
            #[derive(Debug)]
            pub struct #server<H>(m::Arc<H>);
            impl<H: #handler> #server<H> {
                /// Takes the handler over.
                pub fn new(handler: H) -> Self {
                    #server(m::Arc::new(handler))
                }
                /// Shares a handler that the caller keeps.
                pub fn from_arc(handler: m::Arc<H>) -> Self {
                    #server(handler)
                }
            }
            #allow
            impl<H: #handler> m::Dispatch for #server<H> {
                fn descriptor(&self) -> &'static m::ServiceDesc {
                    &SERVICE
                }
                fn dispatch(&self, method: usize, call: m::ServerCall) -> m::Answer {
                    // Not `self.0.clone()`: an rpc may be called so.
                    let handler = Clone::clone(&self.0);
                    match method {
                        #(#arms)*
                        other => {
                            let _ = (handler, call);
                            m::unknown_method(other)
                        }
                    }
                }
            }
        }
    }
}

impl Method {
    /// The method of the trait, answering `unimplemented`.
    fn default_handler(&self) -> TokenStream {
        let Self { snake, constant, input, output, .. } = self;
        let attributes = self.attributes();
        let (request, input) = if self.kind.client_streams() {
            (quote!(requests), quote!(m::Streaming<#input>))
        } else {
            (quote!(request), quote!(#input))
        };
        let output = if self.kind.server_streams() {
            quote!(m::Streaming<#output>)
        } else {
            quote!(#output)
        };
        quote! {
            #attributes
            fn #snake(
                &self,
                context: m::Context,
                #request: #input,
            ) -> impl m::Future<Output = m::Result<#output>> + Send {
                let _ = (context, #request);
                async { Err(m::Error::unimplemented_method(#constant)) }
            }
        }
    }
}
