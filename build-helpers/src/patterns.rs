//! Patterns of paths as files, and the folders in which new files would match.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::Error;

/// What patterns stand for now.
#[derive(Debug, Default)]
pub(crate) struct Expanded {
    pub(crate) files: BTreeSet<PathBuf>,
    /// The folders that patterns look into: a new file in one may match.
    pub(crate) folders: BTreeSet<PathBuf>,
}

/// # Errors
/// If a pattern makes no sense or matches nothing.
pub(crate) fn expand<P>(patterns: P) -> Result<Expanded, Error>
where
    P: IntoIterator<Item: AsRef<Path>>,
{
    let mut expanded = Expanded::default();
    for pattern in patterns {
        expanded.add(pattern.as_ref())?;
    }
    if expanded.files.is_empty() {
        return Err(Error::new("no .proto files were named"));
    }
    Ok(expanded)
}

impl Expanded {
    fn add(&mut self, pattern: &Path) -> Result<(), Error> {
        let text = pattern.to_str().ok_or_else(|| {
            Error::new(format!("{} is not UTF-8, which protoc needs", pattern.display()))
        })?;
        if !text.contains(['*', '?', '[']) {
            if !pattern.is_file() {
                return Err(missing(text));
            }
            self.files.insert(pattern.to_owned());
            return Ok(());
        }
        let found = glob::glob(text).map_err(|error| Error::new(format!("{text}: {error}")))?;
        let before = self.files.len();
        self.files.extend(found.filter_map(Result::ok).filter(|path| path.is_file()));
        if self.files.len() == before {
            return Err(Error::new(format!("no file matches {text} in {}", here())));
        }
        self.folders.extend(fixed_folder(pattern));
        Ok(())
    }
}

/// The part of a pattern before its first special character, if it is a folder.
fn fixed_folder(pattern: &Path) -> Option<PathBuf> {
    let special = |part: &std::path::Component<'_>| {
        part.as_os_str().to_string_lossy().contains(['*', '?', '['])
    };
    let folder: PathBuf = pattern.components().take_while(|part| !special(part)).collect();
    let folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    folder.is_dir().then_some(folder)
}

fn missing(text: &str) -> Error {
    Error::new(format!("{text}: there is no such file in {}", here()))
}

fn here() -> String {
    std::env::current_dir()
        .map_or_else(|_| "this folder".to_owned(), |path| path.display().to_string())
}
