//! A service's names and methods, as constants and one static table.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{Module, Rpc, kind_words};
use crate::comments;
use crate::schema::{HttpRule, Idempotency, MethodKind};

impl Module<'_> {
    pub(super) fn table(&self) -> TokenStream {
        let (name, full_name) = (&self.service.name, &self.service.full_name);
        let constants = self.rpcs.iter().enumerate().map(|(index, rpc)| self.constant(index, rpc));
        let rows = self.rpcs.iter().map(|rpc| self.row(rpc));
        let count = Literal::usize_unsuffixed(self.rpcs.len());
        let file = self.emitter.descriptor(self.unit, self.file);
        let doc = doc(self.file.source.comment(&self.service.path));
        let deprecated = self.service.deprecated.then(|| quote!(.deprecated()));
        quote! {
            /// The full protobuf name.
            pub const NAME: &str = #full_name;
            #(#constants)*
            static METHODS: [m::MethodDesc; #count] = [#(#rows),*];
            /// What registries, gateways and reflection read: names, methods, documentation.
            pub static SERVICE: m::ServiceDesc =
                m::ServiceDesc::new(#name, NAME, &METHODS, &#file) #doc #deprecated;
        }
    }

    fn constant(&self, index: usize, rpc: &Rpc<'_>) -> TokenStream {
        let (constant, index) = (&rpc.constant, Literal::usize_unsuffixed(index));
        let words = kind_words(rpc.method.kind);
        let docs = format!(" `{}.{}`, {words}.", self.service.name, rpc.method.name);
        quote! {
            #[doc = #docs]
            pub const #constant: &m::MethodDesc = &METHODS[#index];
        }
    }

    fn row(&self, rpc: &Rpc<'_>) -> TokenStream {
        let method = rpc.method;
        let (name, input, output) = (&method.name, &method.input, &method.output);
        let endpoint = format!("{}.{name}", self.service.name);
        let path = format!("/{}/{name}", self.service.full_name);
        let kind = match method.kind {
            MethodKind::Unary => quote!(Unary),
            MethodKind::ServerStream => quote!(ServerStream),
            MethodKind::ClientStream => quote!(ClientStream),
            MethodKind::Bidi => quote!(Bidi),
        };
        let doc = doc(self.file.source.comment(&method.path));
        let http = (!method.http.is_empty()).then(|| {
            let rules = method.http.iter().map(http_rule);
            quote!(.http(&[#(#rules),*]))
        });
        let idempotency = match method.idempotency {
            Idempotency::Unknown => None,
            Idempotency::NoSideEffects => Some(quote!(NoSideEffects)),
            Idempotency::Idempotent => Some(quote!(Idempotent)),
        };
        let idempotency = idempotency.map(|level| quote!(.idempotency(m::Idempotency::#level)));
        let deprecated = method.deprecated.then(|| quote!(.deprecated()));
        quote! {
            m::MethodDesc::new(m::Kind::#kind, #name, #endpoint, #path, #input, #output)
                #doc #http #idempotency #deprecated
        }
    }
}

fn doc(comment: &str) -> Option<TokenStream> {
    let text = comments::plain(comment);
    (!text.is_empty()).then(|| quote!(.doc(#text)))
}

fn http_rule(rule: &HttpRule) -> TokenStream {
    let (method, path) = (&rule.method, &rule.path);
    let option =
        |name: TokenStream, value: &str| (!value.is_empty()).then(|| quote!(.#name(#value)));
    let body = option(quote!(body), &rule.body);
    let response_body = option(quote!(response_body), &rule.response_body);
    quote!(m::HttpRule::new(#method, #path) #body #response_body)
}
