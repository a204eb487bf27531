//! Reads the parameter: which options there are, which may come again, and which contradict each other.

use super::{Attribute, Gate, KNOWN, Options, Target, value};

impl Default for Options {
    fn default() -> Self {
        Self {
            runtime_path: "::micro_runtime".to_owned(),
            messages: true,
            comments: true,
            client: Gate::On,
            server: Gate::On,
            json: Gate::On,
            strict_handlers: false,
            descriptors: super::Descriptors::Full,
            layout: super::Layout::Package,
            mod_file: Some("mod.rs".to_owned()),
            extern_paths: Default::default(),
            extern_files: Default::default(),
            exclude_packages: Vec::new(),
            bytes: Vec::new(),
            btree_map: Vec::new(),
            boxed: Vec::new(),
            renames: Default::default(),
            attributes: Vec::new(),
            given: Vec::new(),
        }
    }
}

/// Options of which the last may not take back what the first said.
const REPEATABLE: &[&str] =
    &["boxed", "btree_map", "bytes", "exclude_package", "extern_file", "extern_path", "rename"];

/// Two options that cannot both be meant: the first is switched to the value, and the second is there at all.
const CONTRADICTIONS: &[(&str, &str, &[&str])] = &[
    ("client", "false", &["client_feature", "client_attribute"]),
    (
        "server",
        "false",
        &["server_feature", "server_attribute", "handler_attribute", "strict_handlers"],
    ),
    ("json", "false", &["json_feature"]),
    (
        "messages",
        "false",
        &[
            "boxed",
            "btree_map",
            "bytes",
            "enum_attribute",
            "field_attribute",
            "json_feature",
            "message_attribute",
            "type_attribute",
        ],
    ),
];

impl Options {
    /// Reads a parameter: `k` or `k=v`, separated by commas; `\,` is a comma and `\\` a backslash.
    pub(crate) fn parse(parameter: &str) -> Result<Self, String> {
        let mut given: Vec<(String, String)> = Vec::new();
        for item in split(parameter) {
            let (name, value) = item.split_once('=').unwrap_or((&item, "true"));
            let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
            if !KNOWN.iter().any(|known| known.name == name) {
                return Err(unknown(&name));
            }
            // Said twice in the same words is said once.
            if !given.iter().any(|item| *item == (name.clone(), value.clone())) {
                given.push((name, value));
            }
        }
        contradictions(&given)?;
        let mut options = Self::default();
        for (name, value) in &given {
            options.set(name, value)?;
        }
        options.check_serde()?;
        options.given = given.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        Ok(options)
    }

    fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        match name {
            "boxed" => self.boxed.push(value::path(name, text)?),
            "btree_map" => self.btree_map.push(value::path(name, text)?),
            "bytes" => self.bytes.push(value::path(name, text)?),
            "client" => value::gate(&mut self.client, name, text)?,
            "client_feature" => self.client = value::feature(name, text)?,
            "comments" => self.comments = value::switch(name, text)?,
            "descriptors" => self.descriptors = value::descriptors(text)?,
            "exclude_package" => self.exclude_packages.push(value::path(name, text)?),
            "extern_file" => value::extern_file(&mut self.extern_files, text)?,
            "extern_path" => value::extern_path(&mut self.extern_paths, text)?,
            "json" => value::gate(&mut self.json, name, text)?,
            "json_feature" => self.json = value::feature(name, text)?,
            "layout" => self.layout = value::layout(text)?,
            "messages" => self.messages = value::switch(name, text)?,
            "mod_file" => self.mod_file = value::mod_file(text)?,
            "rename" => value::rename(&mut self.renames, text)?,
            "runtime_path" => self.runtime_path = value::rust_path(name, text)?,
            "server" => value::gate(&mut self.server, name, text)?,
            "server_feature" => self.server = value::feature(name, text)?,
            "strict_handlers" => self.strict_handlers = value::switch(name, text)?,
            attribute => {
                let (path, text) = value::attribute(attribute, text)?;
                self.attributes.push(Attribute { target: target(attribute), path, text });
            }
        }
        Ok(())
    }

    /// With JSON, messages have serde's traits already.
    fn check_serde(&self) -> Result<(), String> {
        let on_messages = |item: &&Attribute| matches!(item.target, Target::Type | Target::Message);
        let mut attributes = self.attributes.iter().filter(on_messages);
        match attributes.find(|item| value::derives_serde(&item.text)) {
            Some(item) if !self.json.is_off() => Err(format!(
                "attribute {}: messages implement serde's traits already, as canonical JSON; \
                 say json=false to derive your own",
                item.text
            )),
            _ => Ok(()),
        }
    }
}

fn target(option: &str) -> Target {
    match option {
        "type_attribute" => Target::Type,
        "message_attribute" => Target::Message,
        "enum_attribute" => Target::Enum,
        "field_attribute" => Target::Field,
        "client_attribute" => Target::Client,
        "handler_attribute" => Target::Handler,
        "server_attribute" => Target::Server,
        other => unreachable!("option {other} is known and not read"),
    }
}

fn unknown(name: &str) -> String {
    let known: Vec<_> = KNOWN.iter().map(|known| known.name).collect();
    format!("unknown option {name:?}; known are {}", known.join(", "))
}

fn contradictions(given: &[(String, String)]) -> Result<(), String> {
    for (index, (name, value)) in given.iter().enumerate() {
        let may_repeat = REPEATABLE.contains(&&**name) || name.ends_with("_attribute");
        let earlier = given[..index].iter().find(|(other, _)| other == name);
        if let Some((_, other)) = earlier.filter(|_| !may_repeat) {
            return Err(format!("option {name} is given twice, as {other:?} and as {value:?}"));
        }
    }
    let said = |name: &str, value: &str| given.iter().any(|(n, v)| n == name && v == value);
    for (name, value, others) in CONTRADICTIONS {
        // Switched off explicitly is no contradiction.
        let is_other = |(n, v): &&(String, String)| others.contains(&&**n) && v != "false";
        if let Some((other, _)) = given.iter().find(is_other).filter(|_| said(name, value)) {
            return Err(format!(
                "options {name}={value} and {other} contradict each other; drop one of them"
            ));
        }
    }
    Ok(())
}

pub(super) fn split(parameter: &str) -> Vec<String> {
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
