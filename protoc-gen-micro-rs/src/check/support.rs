//! What protobuf has and this generator does not.

use crate::diagnostic::Diagnostic;
use crate::options::Options;
use crate::schema::{File, Schema, Value};
use crate::types::Types;

pub(super) fn check(schema: &Schema, options: &Options) -> Vec<Diagnostic> {
    let types = Types::new(schema, options);
    schema.generated().flat_map(|file| of_file(file, &types)).collect()
}

fn of_file(file: &File, types: &Types<'_>) -> Vec<Diagnostic> {
    let losses = file.losses.iter();
    let mut found: Vec<_> = losses.map(|(path, text)| file.source.diagnostic(path, text)).collect();
    let messages = file.all_messages();
    let fields = messages.iter().flat_map(|message| &message.fields).filter_map(|field| {
        let (Value::Message(name) | Value::Enum(name)) = &field.value else { return None };
        Some((name, &field.path))
    });
    let methods = file.services.iter().flat_map(|service| &service.methods);
    let rpcs =
        methods.flat_map(|method| [(&method.input, &method.path), (&method.output, &method.path)]);
    for (name, path) in fields.chain(rpcs) {
        if name.starts_with("google.protobuf.") && !types.is_extern(name) {
            let text = format!(
                "{name} is not supported; use a message of your own, or name a crate that holds it with \
                 extern_path=.{name}=::some_crate::Type"
            );
            found.push(file.source.diagnostic(path, text));
        }
    }
    found
}
