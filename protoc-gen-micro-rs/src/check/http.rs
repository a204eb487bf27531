//! HTTP rules: paths that can be matched, and fields that exist.

use crate::diagnostic::Diagnostic;
use crate::schema::{Field, HttpRule, Message, Method, Schema, Shape, Value};

pub(super) fn check(schema: &Schema) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for file in schema.generated() {
        for method in file.services.iter().flat_map(|service| &service.methods) {
            let wrong = method.http.iter().filter_map(|rule| of_rule(schema, method, rule).err());
            found.extend(wrong.map(|text| file.source.diagnostic(&method.path, text)));
        }
    }
    found
}

fn of_rule(schema: &Schema, method: &Method, rule: &HttpRule) -> Result<(), String> {
    let HttpRule { method: verb, path, body, response_body } = rule;
    if verb.is_empty() {
        let wanted = "one of get, put, post, delete, patch and custom";
        return Err(format!("the HTTP rule has no path; it needs {wanted}"));
    }
    if !path.starts_with('/') {
        return Err(format!("HTTP path {path:?}: it has to begin with a slash"));
    }
    for variable in variables(path)? {
        of_variable(schema, &method.input, variable)
            .map_err(|why| format!("HTTP path {path:?}: {why}"))?;
    }
    let has = |message: &str, field: &str| match find(schema, message) {
        Some(message) => message.fields.iter().any(|item| item.name == field),
        None => true,
    };
    if !body.is_empty() && body != "*" && !has(&method.input, body) {
        return Err(format!("HTTP body: {} has no field {body}", method.input));
    }
    if !response_body.is_empty() && !has(&method.output, response_body) {
        return Err(format!("HTTP response_body: {} has no field {response_body}", method.output));
    }
    Ok(())
}

/// The fields that a path's braces name.
fn variables(path: &str) -> Result<Vec<&str>, String> {
    let mut variables = Vec::new();
    let mut rest = path;
    while let Some((_, inside)) = rest.split_once('{') {
        let unclosed = || format!("HTTP path {path:?}: a brace is not closed");
        let (variable, after) = inside.split_once('}').ok_or_else(unclosed)?;
        variables.push(variable.split('=').next().unwrap_or(variable));
        rest = after;
    }
    Ok(variables)
}

/// A variable is a field of the message, or of a message in it, with one value that has a text.
fn of_variable(schema: &Schema, message: &str, variable: &str) -> Result<(), String> {
    let mut message = message.to_owned();
    let mut steps = variable.split('.').peekable();
    while let Some(step) = steps.next() {
        let Some(found) = find(schema, &message) else { return Ok(()) };
        let field = found.fields.iter().find(|field| field.name == step);
        let field = field.ok_or_else(|| format!("{message} has no field {step}"))?;
        match (steps.peek().is_some(), inner(field)) {
            (true, Some(inside)) => message = inside.to_owned(),
            (true, None) => return Err(format!("field {step} of {message} has no fields")),
            (false, _) if is_single(field) => {}
            (false, _) => return Err(format!("field {step} of {message} is not one plain value")),
        }
    }
    Ok(())
}

fn inner(field: &Field) -> Option<&str> {
    match &field.value {
        Value::Message(name) if !matches!(field.shape, Shape::List | Shape::Map) => Some(name),
        Value::Message(_) | Value::Scalar | Value::Enum(_) => None,
    }
}

fn is_single(field: &Field) -> bool {
    let is_message =
        matches!(&field.value, Value::Message(name) if !name.starts_with("google.protobuf."));
    !is_message && !matches!(field.shape, Shape::List | Shape::Map)
}

fn find<'a>(schema: &'a Schema, full_name: &str) -> Option<&'a Message> {
    let messages = schema.files.values().flat_map(|file| file.all_messages());
    messages.into_iter().find(|message| message.declaration.full_name == full_name)
}
