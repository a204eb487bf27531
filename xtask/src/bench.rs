//! The same work on us and on peers, side by side, in a workspace of its own.

use std::process::Command;

use crate::command::{self, cargo, root, target};

/// The tables, and the packages that print them.
const TABLES: [(&str, &str); 3] =
    [("compare", "benches"), ("publish", "benches"), ("json", "json")];

/// Builds the benches and runs one of them, or all, with the given arguments.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let first = arguments.first().filter(|word| word.parse::<u32>().is_err());
    let Some(name) = first else {
        return TABLES.iter().try_for_each(|(table, package)| print(table, package, arguments));
    };
    let found = TABLES.iter().find(|(table, _)| table == name).ok_or_else(|| {
        let names = TABLES.map(|(table, _)| table).join(", ");
        format!("no bench is called {name:?}; there are: {names}")
    })?;
    print(found.0, found.1, &arguments[1..])
}

fn print(table: &str, package: &str, arguments: &[String]) -> Result<(), String> {
    let folder = target().join("benches");
    let manifest = root().join("benches/Cargo.toml");
    let mut build = cargo();
    build.args(["build", "--release", "--bins", "--package", package, "--manifest-path"]);
    command::run(build.arg(manifest).arg("--target-dir").arg(&folder))?;
    command::run(Command::new(folder.join("release").join(table)).args(arguments))?;
    println!();
    Ok(())
}
