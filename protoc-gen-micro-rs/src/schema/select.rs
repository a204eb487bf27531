//! Which of the files that protoc sent get code.

use std::collections::BTreeSet;

use super::{File, Schema, Value};
use crate::options::Options;
use crate::types::Types;

impl Schema {
    /// Drops what the options leave out, and adds the files of `google.protobuf` whose types are used and that nobody
    /// brings along.
    ///
    /// # Errors
    /// If nothing is left.
    pub(crate) fn select(&mut self, options: &Options) -> Result<(), String> {
        let is_excluded = |name: &String| options.is_excluded(&self.files[name].package);
        let had_some = !self.generate.is_empty();
        let kept: BTreeSet<_> =
            self.generate.iter().filter(|name| !is_excluded(name)).cloned().collect();
        if had_some && kept.is_empty() {
            return Err("option exclude_package leaves no file to generate code for".to_owned());
        }
        let foreign: BTreeSet<_> = {
            let types = Types::new(self, options);
            kept.iter().filter(|name| is_foreign(&self.files[*name], &types)).cloned().collect()
        };
        self.generate = &kept - &foreign;
        if !options.comments {
            self.files.values_mut().for_each(|file| file.source.forget_comments());
        }
        // Where several runs share a folder, each would write these files.
        while options.mod_file.is_some() && options.messages {
            let missing = self.missing_well_known(options);
            if missing.is_empty() {
                break;
            }
            self.generate.extend(missing);
        }
        Ok(())
    }

    fn missing_well_known(&self, options: &Options) -> BTreeSet<String> {
        let types = Types::new(self, options);
        let names = self.generated().flat_map(|file| file.references()).map(|(name, _)| name);
        let foreign = names.filter(|name| !types.is_extern(name));
        let files = foreign.filter_map(|name| types.file(name));
        let missing = files.filter(|file| {
            file.name.starts_with("google/protobuf/")
                && !self.generate.contains(&file.name)
                && !options.is_excluded(&file.package)
        });
        missing.map(|file| file.name.clone()).collect()
    }
}

/// Whether other crates hold all that a file would generate.
fn is_foreign(file: &File, types: &Types<'_>) -> bool {
    let messages = file.messages.iter().map(|message| &message.declaration);
    let mut declarations =
        messages.chain(file.enums.iter().map(|item| &item.declaration)).peekable();
    declarations.peek().is_some()
        && file.services.is_empty()
        && declarations.all(|item| types.is_extern(&item.full_name))
}

impl File {
    /// The types that fields and rpcs name, each with the place that names it.
    pub(crate) fn references(&self) -> Vec<(&str, &[i32])> {
        let messages = self.all_messages();
        let fields = messages.into_iter().flat_map(|message| &message.fields);
        let fields = fields.filter_map(|field| match &field.value {
            Value::Message(name) | Value::Enum(name) => Some((&**name, &*field.path)),
            Value::Scalar(_) => None,
        });
        let methods = self.services.iter().flat_map(|service| &service.methods);
        let rpcs = methods
            .flat_map(|method| [(&*method.input, &*method.path), (&*method.output, &*method.path)]);
        fields.chain(rpcs).collect()
    }
}
