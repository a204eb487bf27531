//! Where everything that has a name is declared.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use prost::Message as _;

use super::parsed::{Enum, Field, File, Message, Service};
use crate::codegen::files;
use crate::descriptor::{FileDesc, ServiceDesc};
use crate::error::{Error, Result};

/// The files of a server's services and all that they import, by what is in them.
pub(super) struct Index {
    services: BTreeSet<&'static str>,
    files: HashMap<&'static str, &'static FileDesc>,
    /// Names of files: of two descriptions of a file, the fuller one counts.
    symbols: HashMap<String, &'static str>,
    extensions: HashMap<String, BTreeMap<i32, &'static FileDesc>>,
}

impl Index {
    pub(super) fn new(services: &[&'static ServiceDesc]) -> Self {
        let names = services.iter().map(|service| service.full_name()).collect();
        let (files, symbols, extensions) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut index = Self { services: names, files, symbols, extensions };
        for service in services {
            index.add(service.file());
            index.declare_service(service);
        }
        // Details of errors name their types, which no service's file may import.
        files::ALL.iter().for_each(|file| index.add(file));
        index
    }

    /// The full names of all services, sorted.
    pub(super) fn services(&self) -> &BTreeSet<&'static str> {
        &self.services
    }

    /// The file with a name.
    ///
    /// # Errors
    /// `not_found` if there is none, or if it was generated without its descriptor.
    pub(super) fn file(&self, name: &str) -> Result<&'static FileDesc> {
        let file = self.files.get(name).copied();
        described(file.ok_or_else(|| not_found(&format!("file {name:?}")))?)
    }

    /// The file that declares a full name.
    ///
    /// # Errors
    /// As [`file`](Self::file).
    pub(super) fn symbol(&self, name: &str) -> Result<&'static FileDesc> {
        match self.symbols.get(name.trim_start_matches('.')) {
            Some(file) => self.file(file),
            None => Err(not_found(&format!("symbol {name:?}"))),
        }
    }

    /// The file that declares an extension.
    ///
    /// # Errors
    /// `not_found` if no file here does.
    pub(super) fn extension(&self, extended: &str, number: i32) -> Result<&'static FileDesc> {
        let numbers = self.extensions.get(extended.trim_start_matches('.'));
        let file = numbers.and_then(|numbers| numbers.get(&number)).copied();
        file.ok_or_else(|| not_found(&format!("extension {number} of {extended:?}")))
    }

    /// The numbers of a message's extensions, sorted; none if it has none.
    ///
    /// # Errors
    /// `not_found` if no file here declares the message.
    pub(super) fn numbers(&self, extended: &str) -> Result<Vec<i32>> {
        match self.extensions.get(extended.trim_start_matches('.')) {
            Some(numbers) => Ok(numbers.keys().copied().collect()),
            None => self.symbol(extended).map(|_| Vec::new()),
        }
    }

    fn add(&mut self, file: &'static FileDesc) {
        let has_better = self
            .files
            .get(file.name())
            .is_some_and(|known| !known.descriptor().is_empty() || file.descriptor().is_empty());
        if has_better {
            return;
        }
        self.files.insert(file.name(), file);
        match File::decode(file.descriptor()) {
            Ok(parsed) => self.declare_file(&parsed, file),
            Err(error) => tracing::warn!(file = file.name(), %error, "no descriptor of a file"),
        }
        file.dependencies().iter().for_each(|import| self.add(import));
    }

    /// A service is known even if its file's descriptor is not: the answer can say why, then.
    fn declare_service(&mut self, service: &'static ServiceDesc) {
        let full_name = service.full_name();
        let methods = service.methods().iter();
        let methods = methods.map(|method| format!("{full_name}.{}", method.name()));
        for name in std::iter::once(full_name.to_owned()).chain(methods) {
            self.symbols.entry(name).or_insert(service.file().name());
        }
    }

    fn declare_file(&mut self, parsed: &File, file: &'static FileDesc) {
        let scope = &parsed.package;
        parsed.messages.iter().for_each(|message| self.declare_message(message, scope, file));
        parsed.enums.iter().for_each(|item| self.declare_enum(item, scope, file));
        parsed.extensions.iter().for_each(|field| self.declare_extension(field, scope, file));
        for Service { name, methods } in &parsed.services {
            let service = self.declare(scope, name, file);
            for method in methods {
                self.declare(&service, &method.name, file);
            }
        }
    }

    fn declare_message(&mut self, message: &Message, scope: &str, file: &'static FileDesc) {
        let scope = self.declare(scope, &message.name, file);
        let fields = message.fields.iter().map(|field| &field.name);
        for name in fields.chain(message.oneofs.iter().map(|oneof| &oneof.name)) {
            self.declare(&scope, name, file);
        }
        message.messages.iter().for_each(|inner| self.declare_message(inner, &scope, file));
        message.enums.iter().for_each(|item| self.declare_enum(item, &scope, file));
        message.extensions.iter().for_each(|field| self.declare_extension(field, &scope, file));
    }

    /// The values of an enum are declared beside it, not inside.
    fn declare_enum(&mut self, item: &Enum, scope: &str, file: &'static FileDesc) {
        self.declare(scope, &item.name, file);
        for value in &item.values {
            self.declare(scope, &value.name, file);
        }
    }

    fn declare_extension(&mut self, field: &Field, scope: &str, file: &'static FileDesc) {
        self.declare(scope, &field.name, file);
        let extended = field.extendee.trim_start_matches('.').to_owned();
        self.extensions.entry(extended).or_default().entry(field.number).or_insert(file);
    }

    /// The full name, which the first file that declares it keeps.
    fn declare(&mut self, scope: &str, name: &str, file: &'static FileDesc) -> String {
        let name = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
        self.symbols.entry(name.clone()).or_insert(file.name());
        name
    }
}

fn not_found(what: &str) -> Error {
    Error::not_found(format!("no {what} here: list_services tells what is served"))
}

fn described(file: &'static FileDesc) -> Result<&'static FileDesc> {
    if !file.descriptor().is_empty() {
        return Ok(file);
    }
    Err(Error::not_found(format!(
        "{} was generated without its descriptor: generate it with option descriptors=full",
        file.name()
    )))
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.files.keys()).finish()
    }
}
