//! What the user asks of the generator: `key`, `key=value`, separated by commas.

use crate::diagnostic::Diagnostic;

/// Every parameter with what it does; `micro-build` has a method of the same name for each.
pub const PARAMETERS: [(&str, &str); 6] = [
    ("client", "generate clients: true (default) or false"),
    ("descriptors", "keep descriptors of the files: full (default) or none"),
    ("extern_path", "take a package or type from elsewhere: extern_path=.pkg=::a_crate::pkg"),
    ("json", "generate JSON: true (default) or false"),
    ("runtime_path", "the runtime's path: ::micro_runtime (default)"),
    ("server", "generate handlers and servers: true (default) or false"),
];

/// The parameters, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameters {
    pub(crate) client: bool,
    pub(crate) server: bool,
    pub(crate) json: bool,
    pub(crate) descriptors: bool,
    pub(crate) runtime_path: String,
    pub(crate) extern_paths: Vec<(String, String)>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            client: true,
            server: true,
            json: true,
            descriptors: true,
            runtime_path: "::micro_runtime".to_owned(),
            extern_paths: Vec::new(),
        }
    }
}

impl Parameters {
    /// # Errors
    /// If a parameter is unknown, or its value makes no sense.
    pub(crate) fn parse(text: &str) -> Result<Self, Diagnostic> {
        let mut parameters = Self::default();
        for part in split(text).iter().filter(|part| !part.is_empty()) {
            let (key, value) = match part.split_once('=') {
                Some((key, value)) => (key.trim(), Some(value.trim())),
                None => (part.trim(), None),
            };
            parameters.set(key, value)?;
        }
        Ok(parameters)
    }

    fn set(&mut self, key: &str, value: Option<&str>) -> Result<(), Diagnostic> {
        match key {
            "client" => self.client = boolean(key, value)?,
            "server" => self.server = boolean(key, value)?,
            "json" => self.json = boolean(key, value)?,
            "descriptors" => self.descriptors = descriptors(value)?,
            "runtime_path" => self.runtime_path = path(key, value)?,
            "extern_path" => self.extern_paths.push(extern_path(value)?),
            _ => return Err(unknown(key)),
        }
        Ok(())
    }
}

/// Splits at commas, but for those behind a backslash.
fn split(text: &str) -> Vec<String> {
    let (mut parts, mut escaped) = (vec![String::new()], false);
    for character in text.chars() {
        match character {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            ',' if !escaped => parts.push(String::new()),
            _ => parts.iter_mut().next_back().into_iter().for_each(|part| part.push(character)),
        }
        escaped = false;
    }
    parts
}

fn boolean(key: &str, value: Option<&str>) -> Result<bool, Diagnostic> {
    match value {
        None | Some("true") => Ok(true),
        Some("false") => Ok(false),
        Some(other) => Err(malformed(key, other, "true or false")),
    }
}

fn descriptors(value: Option<&str>) -> Result<bool, Diagnostic> {
    match value {
        Some("full") => Ok(true),
        Some("none") => Ok(false),
        other => Err(malformed("descriptors", other.unwrap_or_default(), "full or none")),
    }
}

fn path(key: &str, value: Option<&str>) -> Result<String, Diagnostic> {
    let value = value.unwrap_or_default();
    match syn::parse_str::<syn::Path>(value) {
        Ok(_) => Ok(value.to_owned()),
        Err(_) => Err(malformed(key, value, "a Rust path such as ::micro_runtime")),
    }
}

fn extern_path(value: Option<&str>) -> Result<(String, String), Diagnostic> {
    let value = value.unwrap_or_default();
    let wanted = || malformed("extern_path", value, ".package=::rust::path");
    let (proto, rust) = value.split_once('=').ok_or_else(wanted)?;
    let absolute = rust.starts_with("::") || rust.starts_with("crate::");
    if !proto.starts_with('.') || !absolute || syn::parse_str::<syn::Path>(rust).is_err() {
        return Err(wanted());
    }
    Ok((proto.to_owned(), rust.to_owned()))
}

fn malformed(key: &str, value: &str, wanted: &str) -> Diagnostic {
    Diagnostic::general(format!("parameter {key}={value:?} makes no sense: wanted {wanted}"))
}

fn unknown(key: &str) -> Diagnostic {
    let known = PARAMETERS.map(|(name, _)| name).join(", ");
    Diagnostic::general(format!("there is no parameter {key:?}; known are: {known}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read() {
        let text = "client=false,json, runtime_path=::a::b,extern_path=.x=::y,extern_path=.x.Z=::q";
        let parameters = Parameters::parse(text).unwrap();
        assert!(!parameters.client && parameters.json && parameters.server);
        assert_eq!(parameters.runtime_path, "::a::b");
        assert_eq!(parameters.extern_paths.len(), 2);
        assert_eq!(Parameters::parse("").unwrap(), Parameters::default());
    }

    #[test]
    fn an_unknown_parameter_lists_the_known() {
        let error = Parameters::parse("sever=false").unwrap_err();
        assert!(error.message().contains(r#""sever"; known are: client, descriptors"#), "{error}");
    }

    #[test]
    fn a_value_that_makes_no_sense_says_what_was_wanted() {
        for text in ["client=maybe", "descriptors", "runtime_path=1", "extern_path=a=b"] {
            let error = Parameters::parse(text).unwrap_err();
            assert!(error.message().contains("wanted"), "{error}");
        }
    }

    #[test]
    fn a_comma_may_be_escaped() {
        assert_eq!(split(r"a\,b,c\\d"), ["a,b", r"c\d"]);
    }
}
