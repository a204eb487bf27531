//! The generator's output, byte for byte, through the plugin and protoc: `UPDATE_GOLDEN=1` writes it anew.

use std::fs;
use std::path::Path;

use crate::support::{Case, Files, cases, golden, read};

/// Writes what is expected, and then fails: nobody updates by accident.
fn is_updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

#[test]
fn the_output_is_as_expected() {
    let mut wrong = Vec::new();
    for case in cases(&golden()) {
        wrong.extend(check(&case));
    }
    assert!(wrong.is_empty(), "\n{}\nUPDATE_GOLDEN=1 accepts the output", wrong.join("\n"));
}

fn check(case: &Case) -> Vec<String> {
    let (name, folder) = (&case.name, case.root.join(&case.name));
    let (expected, error) = (folder.join("expected"), folder.join("expected.err"));
    let actual = case.plugin();
    if is_updating() {
        update(&expected, &error, &actual);
        return vec![format!("{name}: updated")];
    }
    match actual {
        Ok(files) => compare(name, &files, &read(&expected)),
        Err(text) if fs::read_to_string(&error).is_ok_and(|wanted| wanted.trim_end() == text) => {
            Vec::new()
        }
        Err(text) => vec![format!("{name}: another error:\n{text}")],
    }
}

fn compare(case: &str, actual: &Files, expected: &Files) -> Vec<String> {
    let names = actual.keys().chain(expected.keys());
    let differ = names.filter(|name| actual.get(*name) != expected.get(*name));
    let mut differ: Vec<_> = differ.map(|name| format!("{case}/{name} differs")).collect();
    differ.dedup();
    differ
}

fn update(expected: &Path, error: &Path, actual: &Result<Files, String>) {
    let _ = fs::remove_dir_all(expected);
    let _ = fs::remove_file(error);
    match actual {
        Err(text) => fs::write(error, format!("{text}\n")).unwrap(),
        Ok(files) => {
            fs::create_dir_all(expected).unwrap();
            for (name, text) in files {
                let path = expected.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
        }
    }
}
