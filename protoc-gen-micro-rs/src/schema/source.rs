//! Where things stand in a `.proto` file, and the comments beside them.

use std::collections::HashMap;

use prost_types::SourceCodeInfo;

use crate::diagnostic::{Diagnostic, Place};

/// A file's places and comments, by the path of numbers that descriptors use.
#[derive(Debug, Default)]
pub(crate) struct Source {
    file: String,
    entries: HashMap<Vec<i32>, Entry>,
}

#[derive(Debug)]
struct Entry {
    place: Option<Place>,
    comment: String,
}

impl Source {
    pub(crate) fn new(file: &str, info: Option<SourceCodeInfo>) -> Self {
        let locations = info.map_or_else(Vec::new, |info| info.location);
        let entries = locations.into_iter().map(|location| {
            let place = match location.span[..] {
                [line, column, ..] => Some(Place { line: line + 1, column: column + 1 }),
                _ => None,
            };
            let leading = location.leading_comments.filter(|text| !text.trim().is_empty());
            let comment = leading.or(location.trailing_comments).unwrap_or_default();
            (location.path, Entry { place, comment })
        });
        // The first location of a path is the element itself.
        let mut by_path = HashMap::new();
        entries.for_each(|(path, entry)| {
            by_path.entry(path).or_insert(entry);
        });
        Self { file: file.to_owned(), entries: by_path }
    }

    /// Leaves only the places.
    pub(super) fn forget_comments(&mut self) {
        self.entries.values_mut().for_each(|entry| entry.comment.clear());
    }

    /// The comment above an element, or else the one after it.
    pub(crate) fn comment(&self, path: &[i32]) -> &str {
        self.entries.get(path).map_or("", |entry| &entry.comment)
    }

    /// A mistake at an element: at its name, where that has a place of its own.
    pub(crate) fn diagnostic(&self, path: &[i32], message: impl Into<String>) -> Diagnostic {
        Diagnostic { file: self.file.clone(), place: self.find(path), message: message.into() }
    }

    /// Where an element is, as people write it: `greeter.proto:12:3`.
    pub(crate) fn place(&self, path: &[i32]) -> String {
        match self.find(path) {
            Some(Place { line, column }) => format!("{}:{line}:{column}", self.file),
            None => self.file.clone(),
        }
    }

    fn find(&self, path: &[i32]) -> Option<Place> {
        /// Every descriptor has its name as field 1.
        const NAME: i32 = 1;
        let name = [path, &[NAME]].concat();
        [&name, path].iter().find_map(|path| self.entries.get(*path)?.place)
    }
}
