//! HTTP rules: paths that can be matched, and fields that exist and fit.
//!
//! Source of the rules: the comments of `google/api/http.proto`.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::schema::{Field, File, HttpRule, Message, Method, Schema, Shape, Value};

pub(super) mod routes;
mod template;

use template::Template;

pub(super) fn check(schema: &Schema) -> Vec<Diagnostic> {
    let mut check = Check { messages: BTreeMap::new(), found: Vec::new() };
    for message in schema.files.values().flat_map(File::all_messages) {
        check.messages.insert(&message.declaration.full_name, message);
    }
    for file in schema.generated() {
        let methods = file.services.iter().flat_map(|service| &service.methods);
        methods.for_each(|method| check.method(file, method));
    }
    check.found
}

struct Check<'a> {
    messages: BTreeMap<&'a str, &'a Message>,
    found: Vec<Diagnostic>,
}

impl Check<'_> {
    fn method(&mut self, file: &File, method: &Method) {
        for rule in &method.http {
            if let Err(text) = self.rule(method, rule) {
                self.found.push(file.source.diagnostic(&method.path, text));
            }
        }
    }

    fn rule(&self, method: &Method, rule: &HttpRule) -> Result<(), String> {
        let HttpRule { method: verb, path, is_nested, .. } = rule;
        if verb == HttpRule::NO_PATTERN {
            let wanted = "one of get, put, post, delete, patch and custom";
            return Err(format!("the HTTP rule has no path; it needs {wanted}"));
        }
        let on_path = |why: String| format!("HTTP path {path:?}: {why}");
        if *is_nested {
            return Err(on_path("additional_bindings cannot be inside each other".to_owned()));
        }
        if verb.is_empty() || !verb.bytes().all(is_token) {
            let why = format!("the custom method {verb:?} is none that HTTP can have");
            return Err(on_path(why));
        }
        let template = Template::parse(path).map_err(on_path)?;
        for variable in template.variables() {
            self.variable(&method.input, variable).map_err(on_path)?;
        }
        self.bodies(method, rule)
    }

    /// The body and the response's are fields of the messages, where they are not all of them.
    fn bodies(&self, method: &Method, rule: &HttpRule) -> Result<(), String> {
        let HttpRule { method: verb, path, body, response_body, .. } = rule;
        if !body.is_empty() && body != "*" {
            self.field(&method.input, body).map_err(|why| format!("HTTP body: {why}"))?;
        }
        if !response_body.is_empty() {
            self.field(&method.output, response_body)
                .map_err(|why| format!("HTTP response_body: {why}"))?;
        }
        if !body.is_empty() && verb == "GET" {
            let way_out = "use post, or leave body out";
            return Err(format!("HTTP path {path:?}: GET has no body; {way_out}"));
        }
        Ok(())
    }

    fn field(&self, message: &str, name: &str) -> Result<(), String> {
        let Some(found) = self.messages.get(message) else { return Ok(()) };
        if found.fields.iter().any(|field| field.name == name) {
            return Ok(());
        }
        let hint =
            if name.contains('.') { "; it has to be a field of the message itself" } else { "" };
        Err(format!("{message} has no field {name}{hint}"))
    }

    /// A variable is a field of the message, or of a message in it, with one value that has a text.
    fn variable(&self, message: &str, variable: &str) -> Result<(), String> {
        let mut message = message;
        let mut steps = variable.split('.').peekable();
        while let Some(step) = steps.next() {
            let Some(found) = self.messages.get(message) else { return Ok(()) };
            let field = found.fields.iter().find(|field| field.name == step);
            let field = field.ok_or_else(|| format!("{message} has no field {step}"))?;
            let is_last = steps.peek().is_none();
            match (&field.value, field.shape) {
                (_, Shape::List | Shape::Map) => {
                    return Err(format!(
                        "field {step} of {message} is repeated, and a path has one value"
                    ));
                }
                (Value::Message(inside), _) if !is_last => message = inside,
                (_, _) if !is_last => {
                    return Err(format!("field {step} of {message} has no fields"));
                }
                _ => plain(field).map_err(|what| {
                    format!("field {step} of {message} is {what}, which a path cannot hold")
                })?,
            }
        }
        Ok(())
    }
}

/// Whether a byte may be in the name of an HTTP method.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether a field's value has a text; if not, what it is.
fn plain(field: &Field) -> Result<(), String> {
    /// Well-known types whose JSON is one plain value.
    const PLAIN: &[&str] = &[
        "BoolValue",
        "BytesValue",
        "DoubleValue",
        "Duration",
        "FieldMask",
        "FloatValue",
        "Int32Value",
        "Int64Value",
        "StringValue",
        "Timestamp",
        "UInt32Value",
        "UInt64Value",
    ];
    match &field.value {
        // That of bytes is base64, as in JSON.
        Value::Enum(_) | Value::Scalar(_) => Ok(()),
        Value::Message(name) => {
            let known = name.strip_prefix("google.protobuf.");
            let is_plain = known.is_some_and(|name| PLAIN.contains(&name));
            if is_plain { Ok(()) } else { Err(format!("a message ({name})")) }
        }
    }
}
