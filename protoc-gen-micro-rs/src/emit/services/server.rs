//! The handler trait that users implement, and the server that calls it.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{Module, Rpc};
use crate::options::Target;
use crate::schema::MethodKind;

impl Module<'_> {
    pub(super) fn handler_and_server(&self) -> TokenStream {
        let handler = self.handler_trait();
        let server = self.server();
        quote!(#handler #server)
    }

    fn handler_trait(&self) -> TokenStream {
        let handler = &self.handler;
        let docs = self.docs(&format!("Handles calls of service `{}`.", self.service.full_name));
        let deprecated = self.deprecated();
        let options = self.emitter.options;
        let condition = options.server.condition();
        let attributes = self.attributes(Target::Handler);
        let methods = self.rpcs.iter().map(|rpc| handler_method(rpc, options.strict_handlers));
        let advice = if options.strict_handlers {
            quote! {
                /// Implement it with plain `async fn`, every method.
            }
        } else {
            quote! {
                /// Implement it with plain `async fn`. A method that is left out answers `unimplemented`, so a new
                /// rpc breaks no handler.
            }
        };
        quote! {
            #docs
            ///
            #advice
            #condition
            #deprecated
            #attributes
            pub trait #handler: Send + Sync + 'static {
                #(#methods)*
            }
        }
    }

    fn server(&self) -> TokenStream {
        let (handler, server) = (&self.handler, &self.server);
        let docs = format!(" Serves a [`{handler}`].");
        let name = server.to_string();
        let deprecated = self.deprecated();
        let dispatch = self.dispatch();
        let condition = self.emitter.options.server.condition();
        let attributes = self.attributes(Target::Server);
        quote! {
            #[doc = #docs]
            #condition
            #deprecated
            #attributes
            pub struct #server<H>(m::Arc<H>);
            #condition
            impl<H: #handler> #server<H> {
                /// Takes a handler over.
                pub fn new(handler: H) -> Self { Self(m::Arc::new(handler)) }
                /// Shares a handler with whoever else holds it.
                pub fn from_arc(handler: m::Arc<H>) -> Self { Self(handler) }
            }
            #condition
            impl<H> Clone for #server<H> {
                fn clone(&self) -> Self { Self(m::Arc::clone(&self.0)) }
            }
            #condition
            impl<H> ::core::fmt::Debug for #server<H> {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.write_str(#name)
                }
            }
            #dispatch
        }
    }

    fn dispatch(&self) -> TokenStream {
        let (handler, server) = (&self.handler, &self.server);
        let arms = self.rpcs.iter().enumerate().map(|(index, rpc)| {
            let (index, name) = (Literal::usize_unsuffixed(index), &rpc.name);
            let adapter = match rpc.method.kind {
                MethodKind::Unary => quote!(unary),
                MethodKind::ServerStream => quote!(server_stream),
                MethodKind::ClientStream => quote!(client_stream),
                MethodKind::Bidi => quote!(bidi),
            };
            // Named in full: an rpc may be called like a method of any trait.
            quote! {
                #index => m::#adapter(call, move |ctx, request| async move {
                    <H as #handler>::#name(&handler, ctx, request).await
                }),
            }
        });
        let body = if self.rpcs.is_empty() {
            quote!(let _ = call; m::unknown_method(method))
        } else {
            quote! {
                let handler = m::Arc::clone(&self.0);
                match method { #(#arms)* other => m::unknown_method(other) }
            }
        };
        let condition = self.emitter.options.server.condition();
        quote! {
            #condition
            #[allow(deprecated)]
            impl<H: #handler> m::Dispatch for #server<H> {
                fn descriptor(&self) -> &'static m::ServiceDesc { &SERVICE }
                fn dispatch(&self, method: usize, call: m::ServerCall) -> m::Answer { #body }
            }
        }
    }
}

fn handler_method(rpc: &Rpc<'_>, is_required: bool) -> TokenStream {
    let Rpc { name, constant, input, output, docs, deprecated, .. } = rpc;
    let (argument, input) = match rpc.method.kind {
        MethodKind::Unary | MethodKind::ServerStream => (quote!(request), quote!(#input)),
        MethodKind::ClientStream | MethodKind::Bidi => {
            (quote!(requests), quote!(m::Streaming<#input>))
        }
    };
    let output = match rpc.method.kind {
        MethodKind::Unary | MethodKind::ClientStream => quote!(#output),
        MethodKind::ServerStream | MethodKind::Bidi => quote!(m::Streaming<#output>),
    };
    let body = if is_required {
        quote!(;)
    } else {
        quote! {{
            let _ = (ctx, #argument);
            async { Err(m::Error::unimplemented_method(#constant)) }
        }}
    };
    quote! {
        #docs
        #deprecated
        fn #name(&self, ctx: m::Context, #argument: #input)
            -> impl m::Future<Output = m::Result<#output>> + Send
        #body
    }
}
