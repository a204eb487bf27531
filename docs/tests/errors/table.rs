//! The file: sections with tables of two columns.

use std::fmt::Display;
use std::path::Path;

use guide::placeholders;
use tempfile::TempDir;

/// What is written so far, and a folder for those who need one to go wrong in.
pub(crate) struct Table {
    text: String,
    folder: TempDir,
}

impl Table {
    pub(crate) fn new(head: &str) -> Self {
        Self { text: head.to_owned(), folder: tempfile::tempdir().unwrap() }
    }

    /// A folder whose path becomes a placeholder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn section(&mut self, title: &str) {
        self.text += &format!("\n## {title}\n\n| you did | you read |\n|---|---|\n");
    }

    /// What was done wrong, in words and in code, and what is read for it.
    pub(crate) fn row(&mut self, wrong: &str, how: &str, read: impl Display) {
        let read = placeholders::in_place_of(&read.to_string(), self.folder());
        self.text += &format!("| {wrong}: {} | {} |\n", code(how), code(read.trim()));
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// Each line as code that a cell of a table may hold.
fn code(text: &str) -> String {
    let line = |line: &str| {
        let line = line.replace('|', "\\|");
        if line.contains('`') { format!("`` {line} ``") } else { format!("`{line}`") }
    };
    text.lines().map(line).collect::<Vec<_>>().join("<br>")
}
