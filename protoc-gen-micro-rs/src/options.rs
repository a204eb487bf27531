//! The plugin's parameter: `client=false,extern_path=.acme.types=::acme_types`.

use crate::names;

/// The names of all options, each with what it takes and does; for `--help` and errors.
pub const KNOWN: &[(&str, &str)] = &[
    (
        "bytes",
        ".proto.path: fields of type bytes that are Bytes and not Vec<u8>; may be given again",
    ),
    ("client", "true or false: whether to generate clients; true unless given"),
    (
        "descriptors",
        "full or none: whether to embed file descriptors, for reflection; full unless given",
    ),
    ("extern_path", ".proto.path=::rust::path: types that another crate holds; may be given again"),
    ("json", "true or false: whether messages have JSON; true unless given"),
    ("runtime_path", "where the runtime is; ::micro_runtime unless given"),
    ("server", "true or false: whether to generate handlers and servers; true unless given"),
];

/// What to generate, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) runtime_path: String,
    pub(crate) client: bool,
    pub(crate) server: bool,
    pub(crate) json: bool,
    pub(crate) descriptors: bool,
    pub(crate) extern_paths: Vec<(String, String)>,
    /// Fields, messages and packages whose `bytes` are reference-counted.
    pub(crate) bytes: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            runtime_path: "::micro_runtime".to_owned(),
            client: true,
            server: true,
            json: true,
            descriptors: true,
            extern_paths: Vec::new(),
            bytes: Vec::new(),
        }
    }
}

impl Options {
    /// Reads a parameter: `k` or `k=v`, separated by commas; `\,` is a comma and `\\` a backslash.
    pub(crate) fn parse(parameter: &str) -> Result<Self, String> {
        let mut options = Self::default();
        for item in split(parameter) {
            let (name, value) = item.split_once('=').unwrap_or((&item, "true"));
            options.set(name.trim(), value.trim())?;
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "bytes" => self.bytes.push(value.to_owned()),
            "client" => self.client = switch(name, value)?,
            "server" => self.server = switch(name, value)?,
            "json" => self.json = switch(name, value)?,
            "descriptors" => {
                self.descriptors = match value {
                    "full" => true,
                    "none" => false,
                    other => {
                        return Err(format!(
                            "option descriptors: expected full or none, got {other:?}"
                        ));
                    }
                }
            }
            "runtime_path" => {
                self.runtime_path = names::rust_path(value).ok_or_else(|| {
                    format!("option runtime_path: expected a Rust path, got {value:?}")
                })?;
            }
            "extern_path" => self.extern_paths.push(extern_path(value)?),
            unknown => return Err(unknown_option(unknown)),
        }
        Ok(())
    }
}

fn extern_path(value: &str) -> Result<(String, String), String> {
    let wanted = || format!("option extern_path: expected .proto.path=::rust::path, got {value:?}");
    let (proto, rust) = value.split_once('=').ok_or_else(wanted)?;
    let rust = names::rust_path(rust).ok_or_else(wanted)?;
    if !proto.starts_with('.') || proto.len() < 2 {
        return Err(wanted());
    }
    Ok((proto.to_owned(), rust))
}

fn switch(name: &str, value: &str) -> Result<bool, String> {
    value.parse().map_err(|_| format!("option {name}: expected true or false, got {value:?}"))
}

fn unknown_option(name: &str) -> String {
    let known: Vec<_> = KNOWN.iter().map(|(name, _)| *name).collect();
    format!("unknown option {name:?}; known are {}", known.join(", "))
}

fn split(parameter: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut chars = parameter.chars();
    while let Some(char) = chars.next() {
        let last = items.last_mut().expect("there is always one");
        match char {
            ',' => items.push(String::new()),
            '\\' => last.push(chars.next().unwrap_or('\\')),
            other => last.push(other),
        }
    }
    items.retain(|item| !item.trim().is_empty());
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_separate_unless_they_are_escaped() {
        assert_eq!(split(r"a,b=c\,d,,e=\\"), ["a", "b=c,d", r"e=\"]);
        assert_eq!(Options::parse("").unwrap(), Options::default());
    }

    #[test]
    fn every_known_option_is_read() {
        let parameter = "client=false,server=false,json=false,descriptors=none,\
            runtime_path=crate::rt,extern_path=.a.b=::c::d,bytes=.a";
        let options = Options::parse(parameter).unwrap();
        assert!(!options.client && !options.server && !options.json && !options.descriptors);
        assert_eq!((&*options.runtime_path, options.bytes), ("crate::rt", vec![".a".to_owned()]));
        assert_eq!(options.extern_paths, [(".a.b".to_owned(), "::c::d".to_owned())]);
    }

    #[test]
    fn mistakes_say_what_was_wanted() {
        let error = |parameter| Options::parse(parameter).unwrap_err();
        let known = "bytes, client, descriptors, extern_path, json, runtime_path, server";
        assert_eq!(error("cleint=false"), format!("unknown option \"cleint\"; known are {known}"));
        assert_eq!(error("client=no"), r#"option client: expected true or false, got "no""#);
        assert_eq!(
            error("extern_path=a.b=::c"),
            r#"option extern_path: expected .proto.path=::rust::path, got "a.b=::c""#
        );
        assert!(error("runtime_path=1 2").contains("expected a Rust path"));
    }
}
