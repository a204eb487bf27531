//! The house's numbers: crates of the runtime, silenced lints, sizes of files and functions.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{cargo, output, root};

/// What the runtime may depend on, itself included.
const MAX_CRATES: usize = 60;
/// Lines of code in a file, tests not counted; lines of a function.
const MAX_FILE: usize = 500;
const MAX_FUNCTION: usize = 60;

pub(crate) fn run(_: &[String]) -> Result<(), String> {
    let mut problems = crates()?;
    let sources = sources(&root())?;
    for path in &sources {
        let text =
            fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.strip_prefix(root()).unwrap_or(path).display().to_string();
        // What the generator prints is its users' code, and silences their lints there.
        if !name.starts_with("protoc-gen-micro-rs/src/emit") {
            problems.extend(silenced_lints(&name, &text));
        }
        problems.extend(sizes(&name, &text));
    }
    println!("{} source files looked at", sources.len());
    if problems.is_empty() { Ok(()) } else { Err(format!("\n{}", problems.join("\n"))) }
}

fn crates() -> Result<Vec<String>, String> {
    let tree = output(cargo().args([
        "tree",
        "-p",
        "micro-runtime",
        "-e",
        "normal",
        "--prefix",
        "none",
        "-f",
        "{p}",
    ]))?;
    let crates: BTreeSet<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    println!("micro-runtime has {} crates of {MAX_CRATES}", crates.len());
    if crates.len() <= MAX_CRATES {
        return Ok(Vec::new());
    }
    Ok(vec![format!("micro-runtime has {} crates, more than {MAX_CRATES}", crates.len())])
}

/// Every Rust file that people write, in the order of their paths.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let skipped = name.starts_with('.')
            || matches!(&*name, "target" | "golden" | "expected" | "generated");
        if path.is_dir() && !skipped {
            found.extend(sources(&path)?);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Lints may be silenced only with a reason beside them.
fn silenced_lints(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let lines: Vec<_> = text.lines().collect();
    for (number, line) in lines.iter().enumerate() {
        let start = line.trim_start();
        let silences = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];
        if !silences.iter().any(|opening| start.starts_with(opening)) {
            continue;
        }
        let end = (number + 6).min(lines.len());
        let attribute = lines[number..end].join(" ");
        let attribute = attribute.split(")]").next().unwrap_or_default();
        if !attribute.contains("reason") {
            problems.push(format!("{name}:{}: a lint is silenced without a reason", number + 1));
        }
    }
    problems
}

fn sizes(name: &str, text: &str) -> Vec<String> {
    let lines: Vec<_> = text.lines().collect();
    let mut problems = Vec::new();
    let code = lines.iter().position(|line| line.trim() == "mod tests {").unwrap_or(lines.len());
    if code > MAX_FILE && !name.contains("/tests/") {
        problems.push(format!("{name}: {code} lines of code, more than {MAX_FILE}"));
    }
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| is_function(line)) {
        let ending = |line: &&&str| line.ends_with(['{', ';', '}']);
        if lines[number..].iter().find(ending).is_none_or(|line| !line.ends_with('{')) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let closing = format!("{}}}", " ".repeat(indent));
        let length =
            lines[number..].iter().position(|line| **line == closing).map_or(0, |end| end + 1);
        if length > MAX_FUNCTION {
            problems.push(format!(
                "{name}:{}: a function of {length} lines, more than {MAX_FUNCTION}",
                number + 1
            ));
        }
    }
    problems
}

fn is_function(line: &str) -> bool {
    let line = line.trim_start();
    let words = ["pub ", "pub(crate) ", "pub(super) ", "const ", "async "];
    let bare = words.iter().fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
    bare.starts_with("fn ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silenced_lint_needs_a_reason() {
        assert_eq!(silenced_lints("a.rs", "#[allow(dead_code)]\nfn a() {}").len(), 1);
        assert!(silenced_lints("a.rs", "#[expect(dead_code, reason = \"x\")]").is_empty());
        assert!(
            silenced_lints("a.rs", "#[expect(\n    dead_code,\n    reason = \"x\"\n)]").is_empty()
        );
    }

    #[test]
    fn long_functions_are_found() {
        let text = format!("pub async fn a() {{\n{}}}\n", "    b();\n".repeat(MAX_FUNCTION));
        assert_eq!(sizes("a.rs", &text).len(), 1);
        assert!(sizes("a.rs", "fn a() {\n}\n").is_empty());
    }
}
