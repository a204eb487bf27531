//! Rust names other than those that protobuf's names give: those that the user wants, and those that keep apart what
//! would be one name.

use std::collections::{BTreeMap, BTreeSet};

use super::{Enum, Field, File, Message, Method, Schema, Service, Shape};
use crate::names;

impl Schema {
    /// Gives everything its final Rust name.
    ///
    /// # Errors
    /// If the user renames what is not there, or to a name of another kind.
    pub(crate) fn rename(&mut self, wanted: &BTreeMap<String, String>) -> Result<(), String> {
        let packages: Vec<_> =
            self.files.values().map(|file| names::modules(&file.package)).collect();
        let mut renames = Renames { wanted, used: BTreeSet::new() };
        for file in self.files.values_mut() {
            renames.file(file)?;
            keep_off_packages(file, &packages);
        }
        match wanted.keys().find(|path| !renames.used.contains(path.as_str())) {
            Some(path) if self.is_here(path) => {
                Err(format!("option rename: there is no {path} to give another name"))
            }
            _ => Ok(()),
        }
    }

    /// Whether a path is in a package that code is generated for: other runs may know of others.
    fn is_here(&self, path: &str) -> bool {
        self.generated().any(|file| {
            let package = format!(".{}", file.package);
            crate::options::covers(if package == "." { "" } else { &package }, path)
        })
    }
}

struct Renames<'a> {
    wanted: &'a BTreeMap<String, String>,
    used: BTreeSet<&'a str>,
}

/// What a name has to look like.
type Shaped = fn(&str) -> String;

impl Renames<'_> {
    /// The name that the user wants for a path.
    fn find(&mut self, path: &str, shape: Shaped) -> Result<Option<String>, String> {
        let Some((path, name)) = self.wanted.get_key_value(path) else { return Ok(None) };
        self.used.insert(path);
        let shaped = shape(name);
        if shaped.trim_start_matches("r#") == name {
            return Ok(Some(shaped));
        }
        Err(format!("option rename: {path} is called in Rust like {shaped}, not {name}"))
    }

    fn file(&mut self, file: &mut File) -> Result<(), String> {
        file.messages.iter_mut().try_for_each(|message| self.message(message))?;
        file.enums.iter_mut().try_for_each(|item| self.enumeration(item))?;
        file.services.iter_mut().try_for_each(|service| self.service(service))
    }

    fn message(&mut self, message: &mut Message) -> Result<(), String> {
        let path = format!(".{}", message.declaration.full_name);
        if let Some(name) = self.find(&path, names::camel)? {
            message.module = names::snake(&name);
            message.declaration.rust = name;
        }
        for field in &mut message.fields {
            let is_member = matches!(field.shape, Shape::Member(_));
            let shape = if is_member { names::camel } else { names::snake };
            if let Some(name) = self.find(&format!("{path}.{}", field.name), shape)? {
                field.rust = name;
            }
        }
        for oneof in &mut message.oneofs {
            if let Some(name) = self.find(&format!("{path}.{}", oneof.name), names::snake)? {
                oneof.rust = names::camel(name.trim_start_matches("r#"));
                oneof.place = name;
            }
        }
        self.keep_fields_apart(&path, message);
        message.enums.iter_mut().try_for_each(|item| self.enumeration(item))?;
        message.nested.iter_mut().try_for_each(|nested| self.message(nested))
    }

    /// `self` and `Self` would both be `self_`: the second becomes `self_2`.
    fn keep_fields_apart(&self, path: &str, message: &mut Message) {
        let is_plain = |field: &&mut Field| !matches!(field.shape, Shape::Member(_));
        let fields = message.fields.iter_mut().filter(is_plain);
        let fields = fields.map(|field| (&field.name, &mut field.rust));
        let oneofs = message.oneofs.iter_mut().map(|oneof| (&oneof.name, &mut oneof.place));
        self.keep_apart(path, "_", fields.chain(oneofs));
        for oneof in &message.oneofs {
            let of = Shape::Member(oneof.index);
            let members = message.fields.iter_mut().filter(|field| field.shape == of);
            self.keep_apart(path, "", members.map(|field| (&field.name, &mut field.rust)));
        }
    }

    /// Numbers what would have the name of another; names that the user wants stay.
    fn keep_apart<'n>(
        &self,
        path: &str,
        hyphen: &str,
        names: impl Iterator<Item = (&'n String, &'n mut String)>,
    ) {
        let is_wanted = |(name, _): &(&String, &mut String)| {
            self.wanted.contains_key(&format!("{path}.{name}"))
        };
        let (wanted, others): (Vec<_>, Vec<_>) = names.partition(is_wanted);
        let mut taken: BTreeSet<_> = wanted.into_iter().map(|(_, rust)| rust.clone()).collect();
        for (_, rust) in others {
            *rust = free(&taken, rust, hyphen);
            taken.insert(rust.clone());
        }
    }

    fn enumeration(&mut self, item: &mut Enum) -> Result<(), String> {
        let path = format!(".{}", item.declaration.full_name);
        if let Some(name) = self.find(&path, names::camel)? {
            item.declaration.rust = name;
        }
        for value in &mut item.values {
            if let Some(name) = self.find(&format!("{path}.{}", value.name), names::camel)? {
                value.rust = name;
            }
        }
        // Of several names for one number, the first counts.
        let mut numbers = BTreeSet::new();
        let first = item.values.iter_mut().filter(|value| numbers.insert(value.number));
        self.keep_apart(&path, "", first.map(|value| (&value.name, &mut value.rust)));
        Ok(())
    }

    fn service(&mut self, service: &mut Service) -> Result<(), String> {
        let path = format!(".{}", service.full_name);
        if let Some(name) = self.find(&path, names::camel_prefix)? {
            service.module = names::snake_prefix(&name);
            service.rust = name;
        }
        service.methods.iter_mut().try_for_each(|method| self.rpc(&path, method))
    }

    fn rpc(&mut self, service: &str, method: &mut Method) -> Result<(), String> {
        if let Some(name) = self.find(&format!("{service}.{}", method.name), names::snake)? {
            method.rust = name;
        }
        Ok(())
    }
}

/// The name, or that with a number behind it.
fn free(taken: &BTreeSet<String>, name: &str, hyphen: &str) -> String {
    let bare = name.trim_start_matches("r#").trim_end_matches('_');
    let numbered = (2..).map(|number| format!("{bare}{hyphen}{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !taken.contains(name)).expect("there is always a next number")
}

/// The module of a message `Oof` is `oof_`, where there is a package `oof` beside it.
fn keep_off_packages(file: &mut File, packages: &[Vec<String>]) {
    let here = names::modules(&file.package);
    let inside = packages.iter().filter(|package| package.starts_with(&here));
    let taken: BTreeSet<_> = inside.filter_map(|package| package.get(here.len())).collect();
    for message in &mut file.messages {
        while taken.contains(&message.module) {
            message.module = message.module.trim_start_matches("r#").to_owned() + "_";
        }
    }
}
