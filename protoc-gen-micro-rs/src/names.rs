//! Names of the `.proto` world as Rust identifiers, by prost's rules where prost has written them too.

use heck::{ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span};

/// A module, field or method: `get_user`, `r#type`, `self_`.
pub(crate) fn snake(name: &str) -> String {
    sanitized(name.to_snake_case())
}

/// A type or enum variant: `HelloRequest`, `Self_`.
pub(crate) fn camel(name: &str) -> String {
    sanitized(name.to_upper_camel_case())
}

/// A constant: `GET_USER`.
pub(crate) fn shouty(name: &str) -> String {
    let name = name.to_shouty_snake_case();
    if name.starts_with(|first: char| first.is_numeric()) { format!("_{name}") } else { name }
}

/// An identifier out of text that is one already, raw or not.
pub(crate) fn ident(text: &str) -> Ident {
    match text.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()),
        None => Ident::new(text, Span::call_site()),
    }
}

fn sanitized(name: String) -> String {
    match name.as_str() {
        "_" | "super" | "self" | "Self" | "extern" | "crate" => format!("{name}_"),
        _ if is_keyword(&name) => format!("r#{name}"),
        _ if name.starts_with(|first: char| first.is_numeric()) => format!("_{name}"),
        _ => name,
    }
}

/// The keywords of all editions, but for those that cannot be raw identifiers.
fn is_keyword(name: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do",
        "dyn", "else", "enum", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
        "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
        "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
        "virtual", "where", "while", "yield",
    ];
    KEYWORDS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_become_identifiers() {
        assert_eq!(snake("Type"), "r#type");
        assert_eq!(snake("Self"), "self_");
        assert_eq!(snake("Gen"), "r#gen");
        assert_eq!(camel("self"), "Self_");
        assert_eq!(camel("_2b"), "_2b");
        assert_eq!(shouty("GetHTTPUser"), "GET_HTTP_USER");
    }
}
