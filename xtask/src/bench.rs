//! The same work on us and on peers, side by side, in a workspace of its own.

use std::path::PathBuf;
use std::process::Command;

use crate::command::{self, cargo, root, target};
use crate::real;

/// The tables, and the packages that print them; each is built alone, as others would turn on features of its crates.
const TABLES: [(&str, &[&str]); 4] = [
    ("compare", &["benches"]),
    ("publish", &["benches"]),
    ("json", &["json"]),
    ("generate", &["generate", "generate-peers"]),
];

/// Builds the benches and runs one of them, or all, with the given arguments.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let first = arguments.first().filter(|word| word.parse::<u32>().is_err());
    let Some(name) = first else {
        return TABLES.iter().try_for_each(|(table, packages)| print(table, packages, arguments));
    };
    let found = TABLES.iter().find(|(table, _)| table == name).ok_or_else(|| {
        let names = TABLES.map(|(table, _)| table).join(", ");
        format!("no bench is called {name:?}; there are: {names}")
    })?;
    print(found.0, found.1, &arguments[1..])
}

fn print(table: &str, packages: &[&str], arguments: &[String]) -> Result<(), String> {
    let folder = target().join("benches");
    let manifest = root().join("benches/Cargo.toml");
    for package in packages {
        let mut build = cargo();
        build.args(["build", "--release", "--bins", "--package", package, "--manifest-path"]);
        command::run(build.arg(&manifest).arg("--target-dir").arg(&folder))?;
    }
    let mut bench = Command::new(folder.join("release").join(table));
    if table == "generate" {
        bench.args(real_protos());
    }
    command::run(bench.args(arguments))?;
    println!();
    Ok(())
}

/// A set that somebody ships, for the generators; `None` if it is not to be had.
fn real_protos() -> Option<PathBuf> {
    let protos = real::protos("etcd");
    protos.inspect_err(|error| println!("without etcd's files: {error}")).ok()
}
