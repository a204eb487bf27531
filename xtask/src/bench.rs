//! The same work on us and on peers, side by side, in a workspace of its own.

use std::process::Command;

use crate::command::{self, cargo, root, target};

/// Builds the benches and runs them with the given arguments.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let manifest = root().join("benches/Cargo.toml");
    let folder = target().join("benches");
    command::run(
        cargo()
            .args(["build", "--release", "--bins", "--manifest-path"])
            .arg(manifest)
            .arg("--target-dir")
            .arg(&folder),
    )?;
    for table in ["compare", "publish"] {
        command::run(Command::new(folder.join("release").join(table)).args(arguments))?;
        println!();
    }
    Ok(())
}
