//! Topics: each belongs to one message.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::schema::{Declaration, File, Schema};

pub(super) fn check(schema: &Schema) -> Vec<Diagnostic> {
    let mut owners = BTreeMap::<&str, (&File, &Declaration)>::new();
    let mut found = Vec::new();
    for file in schema.generated() {
        for message in file.all_messages() {
            let Some(topic) = &message.topic else { continue };
            let declaration = &message.declaration;
            let Some((there, owner)) = owners.get(&**topic) else {
                owners.insert(topic, (file, declaration));
                continue;
            };
            let place = there.source.place(&owner.path);
            let owner = &owner.full_name;
            let text = format!(
                "topic {topic:?} belongs to {owner} already ({place}); give each message its own"
            );
            found.push(file.source.diagnostic(&declaration.path, text));
        }
    }
    found
}
