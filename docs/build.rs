//! Generates what examples call, what tools ask of it, a module of each chapter whose examples are doc tests, and the calls
//! that the table of options shows.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[expect(unreachable_pub, reason = "the library shows the same module to its tests")]
#[path = "src/chapter.rs"]
mod chapter;

fn main() -> Result<(), Box<dyn Error>> {
    let protos = [
        "../proto/greeter/**/*.proto",
        "../proto/grpc/health/v1/*.proto",
        "../proto/grpc/reflection/v1/*.proto",
        "proto/**/*.proto",
    ];
    micro_build::compile(protos, ["../proto", "proto"])?;
    println!("cargo:rerun-if-changed=guide");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut modules = String::new();
    for path in chapters(Path::new("guide"))? {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = chapter::with_settings(&fs::read_to_string(&path)?);
        fs::write(out.join(&file), text)?;
        let name = file.trim_end_matches(".md").trim_start_matches(|c: char| !c.is_alphabetic());
        let name = name.to_lowercase().replace('-', "_");
        writeln!(modules, "#[doc = include_str!(concat!(env!(\"OUT_DIR\"), \"/{file}\"))]")?;
        writeln!(modules, "pub mod {name} {{}}")?;
    }
    fs::write(out.join("chapters.rs"), modules)?;
    Ok(fs::write(out.join("calls.rs"), calls(&fs::read_to_string("guide/11-build-rs.md")?)?)?)
}

/// A function that makes each call of the table of options, for a test to look at.
fn calls(chapter: &str) -> Result<String, std::fmt::Error> {
    let mut text = "fn calls() -> Vec<(&'static str, String)> {\n    vec![\n".to_owned();
    for row in chapter.lines().filter_map(|line| line.strip_prefix("| `.")) {
        let call = row.split('`').next().unwrap_or_default();
        let shown = format!(".{call}");
        writeln!(
            text,
            "        ({shown:?}, format!(\"{{:?}}\", micro_build::configure().{call})),"
        )?;
    }
    Ok(text + "    ]\n}\n")
}

/// The chapters in their order, which their names begin with.
fn chapters(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths: Vec<_> = entries.collect::<std::io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    paths.sort();
    Ok(paths)
}
