//! The generator's output, byte for byte, through the plugin and protoc: `UPDATE_GOLDEN=1` writes it anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{cases, golden, plugin, read};

/// Writes what is expected, and then fails: nobody updates by accident.
fn is_updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

#[test]
fn the_output_is_as_expected() {
    let mut wrong = Vec::new();
    for case in cases() {
        wrong.extend(check(&case));
    }
    assert!(wrong.is_empty(), "\n{}\nUPDATE_GOLDEN=1 accepts the output", wrong.join("\n"));
}

fn check(name: &str) -> Vec<String> {
    let case = golden().join(name);
    let (expected, error) = (case.join("expected"), case.join("expected.err"));
    let actual = plugin(name);
    if is_updating() {
        update(&expected, &error, &actual);
        return vec![format!("{name}: updated")];
    }
    match actual {
        Ok(files) => compare(name, &files, &read(&expected)),
        Err(text) if fs::read_to_string(&error).is_ok_and(|wanted| wanted == text) => Vec::new(),
        Err(text) => vec![format!("{name}: another error:\n{text}")],
    }
}

fn compare(
    case: &str,
    actual: &BTreeMap<String, String>,
    expected: &BTreeMap<String, String>,
) -> Vec<String> {
    let names = actual.keys().chain(expected.keys());
    let differ = names.filter(|name| actual.get(*name) != expected.get(*name));
    let mut differ: Vec<_> = differ.map(|name| format!("{case}/{name} differs")).collect();
    differ.dedup();
    differ
}

fn update(expected: &Path, error: &Path, actual: &Result<BTreeMap<String, String>, String>) {
    let _ = fs::remove_dir_all(expected);
    let _ = fs::remove_file(error);
    match actual {
        Err(text) => fs::write(error, text).unwrap(),
        Ok(files) => {
            fs::create_dir_all(expected).unwrap();
            for (name, text) in files {
                fs::write(expected.join(name), text).unwrap();
            }
        }
    }
}
