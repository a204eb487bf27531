//! Names of protobuf as names of Rust.
//!
//! Messages are printed by `prost-build`, so types, fields and modules follow its rules exactly.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;

/// Keywords of any edition that may be written as raw identifiers.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static",
    "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual",
    "where", "while", "yield",
];

/// Words that may not even be written as raw identifiers.
const NEVER: &[&str] = &["_", "Self", "crate", "extern", "self", "super"];

fn sanitize(name: String) -> String {
    match name.as_str() {
        keyword if KEYWORDS.contains(&keyword) => format!("r#{name}"),
        never if NEVER.contains(&never) => format!("{name}_"),
        number if number.starts_with(char::is_numeric) => format!("_{name}"),
        _ => name,
    }
}

/// Whether a name has no letter and no digit: no case can be given to it, and prost makes nothing of it.
pub(crate) fn is_blank(name: &str) -> bool {
    name.chars().all(|char| char == '_')
}

/// What a case makes of a name. A blank one is made of `other` instead, and is one longer: Rust has no name `_`.
fn cased(name: &str, case: impl Fn(&str) -> String, other: &str) -> String {
    if is_blank(name) && !name.is_empty() { other.repeat(name.len() + 1) } else { case(name) }
}

/// A field, method or module: `userId` is `user_id`, `type` is `r#type`, `self` is `self_`.
pub(crate) fn snake(name: &str) -> String {
    sanitize(cased(name, ToSnakeCase::to_snake_case, "_"))
}

/// A type or variant: `hello_request` is `HelloRequest`, `self` is `Self_`.
pub(crate) fn camel(name: &str) -> String {
    sanitize(cased(name, ToUpperCamelCase::to_upper_camel_case, "X"))
}

/// The start of a longer name of a type: like [`camel`], but nothing has to be avoided.
pub(crate) fn camel_prefix(name: &str) -> String {
    cased(name, ToUpperCamelCase::to_upper_camel_case, "X")
}

/// The start of a longer name of a module: like [`snake`], but nothing has to be avoided.
pub(crate) fn snake_prefix(name: &str) -> String {
    cased(name, ToSnakeCase::to_snake_case, "_")
}

/// A constant: `SayHello` is `SAY_HELLO`.
pub(crate) fn constant(name: &str) -> String {
    let name = cased(name, ToShoutySnakeCase::to_shouty_snake_case, "_");
    if name.starts_with(char::is_numeric) { format!("_{name}") } else { name }
}

/// An enum's variant: `TONE_PLAIN` of `Tone` is `Plain`, but what would be no name keeps its prefix.
pub(crate) fn variant(enumeration: &str, value: &str) -> String {
    let whole = camel(value);
    match whole.strip_prefix(&camel(enumeration)) {
        Some(rest) if rest.starts_with(char::is_uppercase) => sanitize(rest.to_owned()),
        _ => sanitize(whole),
    }
}

/// A package's module, from its root: `acme.type.v1` is `acme`, `r#type`, `v1`.
pub(crate) fn modules(package: &str) -> Vec<String> {
    package.split('.').filter(|part| !part.is_empty()).map(snake).collect()
}

/// A token for a name that may be a raw identifier.
pub(crate) fn ident(name: &str) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(name, Span::call_site()),
    }
}

/// A Rust path as it is written without spaces; `None` if it is none.
pub(crate) fn rust_path(path: &str) -> Option<String> {
    let path: syn::Path = syn::parse_str(path).ok()?;
    Some(path.to_token_stream().to_string().replace(' ', ""))
}

/// Tokens of a Rust path.
pub(crate) fn path_tokens(path: &str) -> TokenStream {
    path.parse().expect("options and names make valid paths")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_of_protobuf_is_none_of_rust() {
        assert_eq!(snake("userId"), "user_id");
        assert_eq!(snake("type"), "r#type");
        assert_eq!(snake("Self"), "self_");
        assert_eq!(snake("_1a"), "_1a");
        assert_eq!(camel("self"), "Self_");
        assert_eq!(constant("SayHello"), "SAY_HELLO");
        assert_eq!((snake("_"), camel("__")), ("__".to_owned(), "XXX".to_owned()));
        assert_eq!(modules("acme.type.v1"), ["acme", "r#type", "v1"]);
        assert_eq!(modules(""), [""; 0]);
        assert_eq!(ident("r#type").to_string(), "r#type");
    }

    #[test]
    fn variants_lose_the_name_of_their_enum() {
        assert_eq!(variant("Tone", "TONE_PLAIN"), "Plain");
        assert_eq!(variant("Tone", "TONES"), "Tones");
        assert_eq!(variant("E", "E_1X"), "E1x");
        assert_eq!(variant("Word", "WORD_SELF"), "Self_");
    }

    #[test]
    fn only_paths_are_paths() {
        assert_eq!(rust_path("::a::b").as_deref(), Some("::a::b"));
        assert_eq!(rust_path("a b"), None);
    }
}
