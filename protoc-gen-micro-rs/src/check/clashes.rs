//! Names that differ in protobuf and would be one in Rust.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::schema::{Declaration, Enum, File, Message, Schema, Service, Shape};

pub(super) fn check(schema: &Schema) -> Vec<Diagnostic> {
    let mut clashes = Clashes::default();
    for files in schema.packages().values() {
        clashes.package(files);
    }
    clashes.found
}

#[derive(Default)]
struct Clashes {
    found: Vec<Diagnostic>,
}

/// Something with a name: what it is in words, what it is called, and where.
struct Named<'a> {
    what: String,
    /// The path by which it can be renamed.
    full_name: String,
    rust: String,
    file: &'a File,
    path: &'a [i32],
}

impl Clashes {
    /// Tells of every name that came before.
    fn one_of_each<'a>(&mut self, kind: &str, names: impl IntoIterator<Item = Named<'a>>) {
        let mut first = BTreeMap::<String, Named<'a>>::new();
        for named in names {
            let Some(earlier) = first.get(&named.rust) else {
                first.insert(named.rust.clone(), named);
                continue;
            };
            let Named { what, full_name, rust, file, path } = &named;
            let rust = rust.trim_start_matches("r#");
            let place = earlier.file.source.place(earlier.path);
            let text = format!(
                "{what} and {} ({place}) would both be the Rust {kind} `{rust}`; rename one of them, \
                 or give it another Rust name with rename=.{full_name}=…",
                earlier.what
            );
            self.found.push(file.source.diagnostic(path, text));
        }
    }

    fn package(&mut self, files: &[&File]) {
        let messages = files.iter().flat_map(|file| file.messages.iter().map(|item| (*file, item)));
        let enums = files.iter().flat_map(|file| file.enums.iter().map(|item| (*file, item)));
        let services = files.iter().flat_map(|file| file.services.iter().map(|item| (*file, item)));
        self.scope(messages.collect(), &enums.clone().collect::<Vec<_>>(), Vec::new());
        enums.for_each(|(file, item)| self.values(file, item));
        self.one_of_each(
            "module",
            services.clone().map(|(file, service)| Named {
                what: format!("service {}", service.name),
                full_name: service.full_name.clone(),
                rust: service.module.clone() + "_micro",
                file,
                path: &service.path,
            }),
        );
        services.for_each(|(file, service)| self.rpcs(file, service));
    }

    /// The types, and the modules of messages, of a package or of a message.
    fn scope<'a>(
        &mut self,
        messages: Vec<(&'a File, &'a Message)>,
        enums: &[(&'a File, &'a Enum)],
        oneofs: Vec<Named<'a>>,
    ) {
        let types = messages.iter().map(|(file, item)| type_of(file, "message", &item.declaration));
        let types =
            types.chain(enums.iter().map(|(file, item)| type_of(file, "enum", &item.declaration)));
        self.one_of_each("type", types.chain(oneofs));
        let with_module = messages.iter().filter(|(_, item)| item.has_module());
        self.one_of_each(
            "module",
            with_module.map(|(file, item)| Named {
                rust: item.module.clone(),
                ..type_of(file, "message", &item.declaration)
            }),
        );
        for (file, message) in messages {
            self.message(file, message);
        }
    }

    fn message(&mut self, file: &File, message: &Message) {
        self.variants(file, message);
        for item in &message.enums {
            self.values(file, item);
        }
        let nested = message.nested.iter().map(|item| (file, item)).collect();
        let enums: Vec<_> = message.enums.iter().map(|item| (file, item)).collect();
        let oneofs = message.oneofs.iter().map(|oneof| Named {
            what: format!("oneof {}", oneof.name),
            full_name: format!("{}.{}", message.declaration.full_name, oneof.name),
            rust: oneof.rust.clone(),
            file,
            path: &oneof.path,
        });
        self.scope(nested, &enums, oneofs.collect());
    }

    /// The members of oneofs; of other fields, numbers keep apart those that would be one.
    fn variants(&mut self, file: &File, message: &Message) {
        for oneof in &message.oneofs {
            let of = Shape::Member(oneof.index);
            let members = message.fields.iter().filter(|field| field.shape == of);
            self.one_of_each(
                "variant",
                members.map(|item| Named {
                    what: format!("field {}", item.name),
                    full_name: format!("{}.{}", message.declaration.full_name, item.name),
                    rust: item.rust.clone(),
                    file,
                    path: &item.path,
                }),
            );
        }
    }

    fn values(&mut self, file: &File, item: &Enum) {
        let mut numbers = std::collections::BTreeSet::new();
        let first = item.values.iter().filter(|value| numbers.insert(value.number));
        let named = first.map(|value| Named {
            what: format!("value {}", value.name),
            full_name: format!("{}.{}", item.declaration.full_name, value.name),
            rust: value.rust.clone(),
            file,
            path: &value.path,
        });
        self.one_of_each("variant", named.collect::<Vec<_>>());
    }

    fn rpcs(&mut self, file: &File, service: &Service) {
        self.one_of_each(
            "method",
            service.methods.iter().map(|method| Named {
                what: format!("rpc {}", method.name),
                full_name: format!("{}.{}", service.full_name, method.name),
                rust: method.rust.clone(),
                file,
                path: &method.path,
            }),
        );
    }
}

fn type_of<'a>(file: &'a File, kind: &str, declaration: &'a Declaration) -> Named<'a> {
    Named {
        what: format!("{kind} {}", declaration.name),
        full_name: declaration.full_name.clone(),
        rust: declaration.rust.clone(),
        file,
        path: &declaration.path,
    }
}
