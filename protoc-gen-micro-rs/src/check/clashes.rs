//! Names that differ in protobuf and would be one in Rust.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::names;
use crate::schema::{Declaration, Enum, File, Message, Schema, Service};

pub(super) fn check(schema: &Schema) -> Vec<Diagnostic> {
    let mut clashes = Clashes::default();
    clashes.packages(schema);
    for files in schema.packages().values() {
        clashes.package(schema, files);
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
            let Named { what, rust, file, path } = &named;
            let rust = rust.trim_start_matches("r#");
            let text = format!(
                "{what} and {} would both be the Rust {kind} `{rust}`; rename one of them",
                earlier.what
            );
            self.found.push(file.source.diagnostic(path, text));
        }
    }

    fn packages(&mut self, schema: &Schema) {
        /// `FileDescriptorProto.package`.
        const PACKAGE: &[i32] = &[2];
        let packages = schema.packages();
        let named = packages.iter().map(|(package, files)| Named {
            what: format!("package {package}"),
            rust: names::modules(package).join("::"),
            file: files[0],
            path: PACKAGE,
        });
        self.one_of_each("module", named);
    }

    fn package(&mut self, schema: &Schema, files: &[&File]) {
        let messages = files.iter().flat_map(|file| file.messages.iter().map(|item| (*file, item)));
        let enums = files.iter().flat_map(|file| file.enums.iter().map(|item| (*file, item)));
        let services = files.iter().flat_map(|file| file.services.iter().map(|item| (*file, item)));
        self.scope(messages.collect(), &enums.clone().collect::<Vec<_>>(), Vec::new());
        self.modules_beside_packages(schema, files);
        enums.for_each(|(file, item)| self.values(file, item));
        self.one_of_each(
            "module",
            services.clone().map(|(file, service)| Named {
                what: format!("service {}", service.name),
                rust: names::snake_prefix(&service.name) + "_micro",
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
        self.one_of_each(
            "module",
            messages.iter().filter(|(_, item)| has_module(item)).map(|(file, item)| {
                let declaration = &item.declaration;
                let rust = names::snake(&declaration.name);
                Named { rust, ..type_of(file, "message", declaration) }
            }),
        );
        for (file, message) in messages {
            self.message(file, message);
        }
    }

    fn message(&mut self, file: &File, message: &Message) {
        self.fields(file, message);
        for item in &message.enums {
            self.values(file, item);
        }
        let nested = message.nested.iter().map(|item| (file, item)).collect();
        let enums: Vec<_> = message.enums.iter().map(|item| (file, item)).collect();
        let oneofs = message.oneofs.iter().map(|oneof| Named {
            what: format!("oneof {}", oneof.name),
            rust: message.oneof_type(&oneof.name),
            file,
            path: &oneof.path,
        });
        self.scope(nested, &enums, oneofs.collect());
    }

    fn fields(&mut self, file: &File, message: &Message) {
        use crate::schema::Shape;
        let field = |field: &crate::schema::Field| format!("field {}", field.name);
        let plain = message.fields.iter().filter(|field| !matches!(field.shape, Shape::Member(_)));
        let plain = plain.map(|item| (field(item), &item.name, &item.path));
        let oneofs = message
            .oneofs
            .iter()
            .map(|item| (format!("oneof {}", item.name), &item.name, &item.path));
        let named = plain.chain(oneofs).map(|(what, name, path)| Named {
            what,
            rust: names::snake(name),
            file,
            path,
        });
        self.one_of_each("field", named);
        for oneof in &message.oneofs {
            let of = Shape::Member(oneof.index);
            let members = message.fields.iter().filter(|field| field.shape == of).map(|item| {
                Named { what: field(item), rust: names::camel(&item.name), file, path: &item.path }
            });
            self.one_of_each("variant", members);
        }
    }

    fn values(&mut self, file: &File, item: &Enum) {
        let mut numbers = std::collections::BTreeSet::new();
        let first = item.values.iter().filter(|value| numbers.insert(value.number));
        let named = first.map(|value| Named {
            what: format!("value {}", value.name),
            rust: names::variant(&item.declaration.name, &value.name),
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
                rust: names::snake(&method.name),
                file,
                path: &method.path,
            }),
        );
    }

    /// The types inside a message are in a module, which a package inside this one may be called like.
    fn modules_beside_packages(&mut self, schema: &Schema, files: &[&File]) {
        let here = names::modules(&files[0].package);
        for file in files {
            for message in file.messages.iter().filter(|message| has_module(message)) {
                let module = names::snake(&message.declaration.name);
                let inside = |package: &&&str| {
                    let modules = names::modules(package);
                    modules.starts_with(&here) && modules.get(here.len()) == Some(&module)
                };
                if let Some(package) = schema.packages().keys().find(inside) {
                    let text = format!(
                        "the types inside message {} would be in the Rust module `{module}`, as package {package} is; \
                         rename one of them",
                        message.declaration.name
                    );
                    self.found.push(file.source.diagnostic(&message.declaration.path, text));
                }
            }
        }
    }
}

fn type_of<'a>(file: &'a File, kind: &str, declaration: &'a Declaration) -> Named<'a> {
    let what = format!("{kind} {}", declaration.name);
    Named { what, rust: names::camel(&declaration.name), file, path: &declaration.path }
}

/// Whether prost gives a message a module, for what is in it.
fn has_module(message: &Message) -> bool {
    !message.nested.is_empty() || !message.enums.is_empty() || !message.oneofs.is_empty()
}
