//! A crate around generated code, as a strict library would have it.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use super::wrong;
use crate::command::{cargo, root, shown};

const LIBRARY: &str = "\
//! What is generated.
#![warn(missing_docs, missing_debug_implementations, unreachable_pub, rust_2018_idioms)]

include!(\"mod.rs\");
";

/// How many warnings and errors the compiler has; it prints them.
pub(super) fn warnings(folder: &Path, name: &str) -> Result<usize, String> {
    lay_out(folder, name)?;
    let mut command = cargo();
    command
        .args(["check", "--quiet", "--message-format", "short"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.with_file_name("target"))
        .stderr(Stdio::piped());
    println!("{name}: {}", shown(&command));
    let output = command.output().map_err(|error| format!("{}: {error}", shown(&command)))?;
    let said = String::from_utf8_lossy(&output.stderr);
    print!("{said}");
    let found = said.lines().filter(|line| line.contains(": warning") || line.contains("error"));
    match found.count() {
        0 if !output.status.success() => Err(format!("{} failed: {said}", shown(&command))),
        count => Ok(count),
    }
}

fn lay_out(folder: &Path, name: &str) -> Result<(), String> {
    let runtime = root().join("micro-runtime");
    let manifest = format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nmicro-runtime.path = {runtime:?}\n"
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    write(&folder.join("src/lib.rs"), LIBRARY)?;
    let lock = folder.join("Cargo.lock");
    if lock.exists() {
        return Ok(());
    }
    fs::copy(root().join("Cargo.lock"), &lock).map(drop).map_err(|error| wrong(&lock, &error))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| wrong(path, &error))
}
