//! What the compiler says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::table::Table;

pub(crate) fn rows(table: &mut Table) {
    table.section("The compiler");
    let page = "pub fn page(text: &str) -> micro_runtime::Result<u32> {
        Ok(text.parse::<u32>()?)
    }";
    let wrong = "used `?` on a foreign error, where `.with_code(…)?` gives it a code";
    table.row(wrong, "text.parse::<u32>()?", compiled(table.folder(), page));
}

/// The first line of what the compiler says to a library: the others differ between its versions.
fn compiled(folder: &Path, program: &str) -> String {
    let source = folder.join("program.rs");
    fs::write(&source, program).unwrap();
    let libraries = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let mut runtime = std::ffi::OsString::from("micro_runtime=");
    runtime.push(newest(&libraries, "libmicro_runtime-"));
    let mut dependencies = std::ffi::OsString::from("dependency=");
    dependencies.push(&libraries);
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata"])
        .arg("--out-dir")
        .arg(folder)
        .arg("--extern")
        .arg(runtime)
        .arg("-L")
        .arg(dependencies)
        .arg(source)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().find(|line| line.starts_with("error")).unwrap_or_default().to_owned()
}

/// The library that was built last, whatever its features.
fn newest(folder: &Path, start: &str) -> PathBuf {
    let built = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(start) && name.ends_with(".rlib")
    });
    let when = |path: &PathBuf| path.metadata().and_then(|about| about.modified()).ok();
    built.max_by_key(when).expect("the tests are linked with it")
}
