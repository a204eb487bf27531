//! What the user named: `.proto` files, patterns and include folders, as paths that exist.

use std::path::{Path, PathBuf};

use crate::Error;

/// What people forget about paths in a build script.
const START: &str = "; paths start from the folder of Cargo.toml";

/// Checked and expanded inputs.
#[derive(Debug)]
pub(crate) struct Inputs {
    /// The `.proto` files, sorted.
    pub(crate) protos: Vec<PathBuf>,
    pub(crate) includes: Vec<PathBuf>,
    /// What else decides what is generated: folders in which a new file may be one that a pattern finds, or a
    /// descriptor set.
    pub(crate) watched: Vec<PathBuf>,
}

impl Inputs {
    pub(crate) fn read(protos: &[PathBuf], includes: &[PathBuf]) -> Result<Self, Error> {
        for include in includes {
            if !include.is_dir() {
                let text = format!("include folder {}: no such folder{START}", include.display());
                return Err(Error::new(text));
            }
        }
        let (mut found, mut watched) = (Vec::new(), Vec::new());
        for proto in protos {
            if is_pattern(proto) {
                found.extend(expand(proto)?);
                watched.push(fixed_part(proto));
            } else if proto.is_file() {
                found.push(proto.clone());
            } else {
                return Err(Error::new(format!("{}: no such file{START}", proto.display())));
            }
        }
        if found.is_empty() {
            return Err(Error::new("no .proto files were named; name a path or a pattern"));
        }
        found.sort();
        found.dedup();
        watched.sort();
        watched.dedup();
        let inputs = Self { protos: found, includes: includes.to_vec(), watched };
        inputs.protos.iter().try_for_each(|proto| inputs.check_included(proto))?;
        Ok(inputs)
    }

    /// The inputs where a descriptor set is all that is read.
    pub(crate) fn of_set(set: &Path) -> Self {
        Self { protos: Vec::new(), includes: Vec::new(), watched: vec![set.to_owned()] }
    }

    /// Whether the user named the file that protoc calls `name`.
    pub(crate) fn names(&self, name: &str) -> bool {
        let canonical = |path: &Path| path.canonicalize().ok();
        let found = self.find(name).and_then(|path| canonical(&path));
        found.is_some() && self.protos.iter().any(|proto| canonical(proto) == found)
    }

    /// The file that protoc calls `name`, if it is in one of the include folders.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        self.includes.iter().map(|include| include.join(name)).find(|path| path.is_file())
    }

    /// Lines such as `a/b.proto:1:2: text (c/d.proto:3:4)` with the paths of the files, which people and editors can
    /// open.
    pub(crate) fn locate(&self, text: &str) -> String {
        let lines = text.lines().map(|line| {
            let mut parts = line.split('(');
            let first = self.locate_start(parts.next().unwrap_or_default());
            parts.fold(first, |located, part| located + "(" + &self.locate_start(part))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn locate_start(&self, text: &str) -> String {
        let located = text.split_once(':').and_then(|(name, rest)| {
            let path = self.find(name)?;
            Some(format!("{}:{rest}", path.display()))
        });
        located.unwrap_or_else(|| text.to_owned())
    }

    fn check_included(&self, proto: &Path) -> Result<(), Error> {
        let absolute = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let file = absolute(proto);
        if self.includes.iter().any(|include| file.starts_with(absolute(include))) {
            return Ok(());
        }
        Err(Error::new(format!(
            "{} is in none of the include folders ({}); include the folder that imports start from",
            proto.display(),
            self.include_names()
        )))
    }

    /// The include folders, for people.
    pub(crate) fn include_names(&self) -> String {
        let names: Vec<_> = self.includes.iter().map(|path| path.display().to_string()).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

fn expand(pattern: &Path) -> Result<Vec<PathBuf>, Error> {
    let text = pattern.to_string_lossy();
    let wrong = |error: &dyn std::fmt::Display| Error::new(format!("pattern {text}: {error}"));
    let paths = glob::glob(&text).map_err(|error| wrong(&error))?;
    let paths = paths.filter(|path| path.as_ref().map_or(true, |path| path.is_file()));
    let paths: Vec<_> = paths.collect::<Result<_, _>>().map_err(|error| wrong(&error))?;
    if paths.is_empty() {
        return Err(wrong(&format!("no file fits it{START}")));
    }
    Ok(paths)
}

/// The folders of a pattern in front of the first wildcard.
fn fixed_part(pattern: &Path) -> PathBuf {
    let fixed = pattern.components().take_while(|part| !is_pattern(Path::new(part)));
    let fixed: PathBuf = fixed.collect();
    if fixed.as_os_str().is_empty() { PathBuf::from(".") } else { fixed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_watches_the_folder_that_it_starts_in() {
        assert_eq!(fixed_part(Path::new("proto/**/*.proto")), Path::new("proto"));
        assert_eq!(fixed_part(Path::new("*.proto")), Path::new("."));
        assert_eq!(fixed_part(Path::new("/a/b/x?.proto")), Path::new("/a/b"));
    }
}
