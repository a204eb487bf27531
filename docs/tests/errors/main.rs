//! `docs/errors.md` is what people read: each of its rows is a mistake that is made here.
//!
//! A row is two lines: the mistake, and its name.
#![cfg(unix)] // Some texts are the system's.

use std::path::Path;
use std::time::Duration;

mod calling;
mod coding;
mod encoding;
mod finding;
mod generating;
mod log;
mod observing;
mod plain;
mod raw;
mod serving;
mod setting;
mod stranger;
mod table;
mod telling;
mod world;

use table::Table;

/// With this variable in the environment, the file is written and not compared.
const UPDATE: &str = "UPDATE_GOLDEN";

const HEAD: &str = "\
# What you did wrong, and what you read

Every text here was read by a test that made the mistake. `UPDATE_GOLDEN=1 cargo test -p guide --test errors` writes this
file; without the variable, the test fails where a text has changed. Placeholders stand for what differs from run to run.
A text that says neither what is wrong nor what to do about it is a bug.
";

/// How long all mistakes together may take to be noticed.
const PATIENCE: Duration = Duration::from_secs(120);

async fn made() -> String {
    let mut table = Table::new(HEAD);
    finding::rows(&mut table).await;
    calling::rows(&mut table).await;
    encoding::rows(&mut table).await;
    plain::rows(&mut table).await;
    telling::rows(&mut table).await;
    observing::rows(&mut table).await;
    serving::rows(&mut table).await;
    setting::rows(&mut table);
    generating::rows(&mut table);
    coding::rows(&mut table);
    table.finish()
}

#[tokio::test]
async fn the_errors_are_those_of_the_file() {
    let text =
        tokio::time::timeout(PATIENCE, made()).await.expect("every mistake ends in an error");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("errors.md");
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap();
    let changed: Vec<_> = text.lines().filter(|line| !known.contains(line)).collect();
    assert!(
        known == text,
        "docs/errors.md says something else; if the new texts are better, write it with {UPDATE}=1. New are:\n{}",
        changed.join("\n")
    );
}
