//! Topics: each belongs to one message.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::schema::Schema;

pub(super) fn check(schema: &Schema) -> Vec<Diagnostic> {
    let mut owners = BTreeMap::<&str, &str>::new();
    let mut found = Vec::new();
    for file in schema.generated() {
        for message in file.all_messages() {
            let Some(topic) = &message.topic else { continue };
            let declaration = &message.declaration;
            if let Some(owner) = owners.insert(topic, &declaration.full_name) {
                let text = format!(
                    "topic {topic:?} belongs to {owner} already; give each message its own"
                );
                found.push(file.source.diagnostic(&declaration.path, text));
            }
        }
    }
    found
}
