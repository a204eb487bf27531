//! Ready descriptor sets, which take protoc's place.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use crate::Error;
use crate::output::{FileHead, files};

/// The files of a descriptor set, each still encoded.
pub(crate) fn read(path: &Path) -> Result<Vec<(FileHead, Vec<u8>)>, Error> {
    let wrong = |error: &dyn std::fmt::Display| {
        Error::new(format!("cannot read descriptor set {}: {error}", path.display()))
    };
    let bytes = std::fs::read(path).map_err(|error| wrong(&error))?;
    let files = files(&bytes).map_err(|error| wrong(&error))?;
    let names: BTreeSet<_> = files.iter().map(|(head, _)| &*head.name).collect();
    let imports = files.iter().flat_map(|(head, _)| &head.dependency);
    match imports.clone().find(|name| !names.contains(&***name)) {
        Some(name) => {
            Err(wrong(&format!("{name} is imported and not in it; make it with --include_imports")))
        }
        None => Ok(files),
    }
}

/// The names of the files that paths or patterns name, and of those that they import.
pub(crate) fn select(
    files: &[(FileHead, Vec<u8>)],
    protos: &[PathBuf],
) -> Result<BTreeSet<String>, Error> {
    let heads: BTreeMap<_, _> = files.iter().map(|(head, _)| (&*head.name, head)).collect();
    let mut next = Vec::new();
    for proto in protos {
        next.extend(fitting(&heads, &proto.to_string_lossy())?);
    }
    let mut selected = BTreeSet::new();
    while let Some(name) = next.pop() {
        if selected.insert(name.to_owned()) {
            next.extend(heads[name].dependency.iter().map(String::as_str));
        }
    }
    Ok(selected)
}

fn fitting<'a>(heads: &BTreeMap<&'a str, &FileHead>, proto: &str) -> Result<Vec<&'a str>, Error> {
    let pattern =
        Pattern::new(proto).map_err(|error| Error::new(format!("pattern {proto}: {error}")))?;
    let options = MatchOptions { require_literal_separator: true, ..MatchOptions::default() };
    let fits = |name: &&&str| pattern.matches_with(name, options);
    let found: Vec<_> = heads.keys().filter(fits).copied().collect();
    if found.is_empty() {
        let names: Vec<_> = heads.keys().take(5).copied().collect();
        let more = if heads.len() > names.len() { ", …" } else { "" };
        return Err(Error::new(format!(
            "{proto}: no such file in the descriptor set; it has {}{more}",
            names.join(", ")
        )));
    }
    Ok(found)
}
