//! `google.api.http` bindings as rows of the method table.

use proc_macro2::TokenStream;
use quote::quote;

use crate::options::{HttpRule, Pattern};

/// A rule and its additional bindings, the main one first; or what is wrong with one.
pub(crate) fn tokens(rule: &HttpRule) -> Result<Vec<TokenStream>, String> {
    let mut all = vec![one(rule)?];
    for more in &rule.additional_bindings {
        if !more.additional_bindings.is_empty() {
            return Err("an additional binding may hold no further ones".to_owned());
        }
        all.push(one(more)?);
    }
    Ok(all)
}

fn one(rule: &HttpRule) -> Result<TokenStream, String> {
    let (method, path) = match &rule.pattern {
        Some(Pattern::Get(path)) => ("GET", path),
        Some(Pattern::Put(path)) => ("PUT", path),
        Some(Pattern::Post(path)) => ("POST", path),
        Some(Pattern::Delete(path)) => ("DELETE", path),
        Some(Pattern::Patch(path)) => ("PATCH", path),
        Some(Pattern::Custom(custom)) => (custom.kind.as_str(), &custom.path),
        None => {
            return Err(
                "an HTTP rule needs one of get, put, post, delete, patch, custom".to_owned()
            );
        }
    };
    if !path.starts_with('/') {
        return Err(format!("the HTTP path {path:?} must begin with a slash"));
    }
    let mut tokens = quote!(m::HttpRule::new(#method, #path));
    if !rule.body.is_empty() {
        let body = &rule.body;
        tokens.extend(quote!(.body(#body)));
    }
    if !rule.response_body.is_empty() {
        let field = &rule.response_body;
        tokens.extend(quote!(.response_body(#field)));
    }
    Ok(tokens)
}
