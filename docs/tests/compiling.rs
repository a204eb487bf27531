//! What the compiler says about mistakes that users make: `compiling/*.stderr`, each beside the program that is wrong.
//!
//! `UPDATE_GOLDEN=1 cargo test -p guide --test compiling` writes these files, and fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whose texts the files hold: another compiler words the same mistakes in its own way.
const COMPILER: &str = "rustc 1.95.";

/// Parts of texts that are ours, whatever the compiler: each tells the way out.
const OURS: [(&str, &str); 6] = [
    ("handler_without_server", "`.handle(GreeterServer::new(handler))`"),
    ("runtime_too_new", "generate it again with the generator of this version"),
    ("runtime_too_old", "update micro-runtime to the version of the generator"),
    ("subscriber_of_no_event", "is no event: no `.proto` file gives it a topic"),
    ("subscriber_of_no_topic", "`Subscriber::to_topic` receives"),
    ("wrong_answer", "HelloResponse"),
];

#[test]
fn every_mistake_is_told_with_the_way_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compiling");
    let scratch = tempfile::tempdir().unwrap();
    generate(scratch.path());
    let is_known = rustc_version().starts_with(COMPILER);
    let mut wrong = Vec::new();
    for program in programs(&folder) {
        let name = program.file_stem().unwrap().to_str().unwrap().to_owned();
        let said = said(&program, scratch.path());
        if let Some((_, ours)) = OURS.iter().find(|(of, _)| *of == name) {
            assert!(said.contains(ours), "{name} does not say {ours:?}:\n{said}");
        }
        let expected = program.with_extension("stderr");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&expected, &said).unwrap();
            wrong.push(format!("{name}: updated"));
        } else if is_known && fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{name} says something else:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\nUPDATE_GOLDEN=1 accepts the texts", wrong.join("\n"));
}

/// The greeter with a handler that has to have every method, and for runtimes before and after this one.
fn generate(scratch: &Path) {
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
    let strict = scratch.join("strict");
    micro_build::configure()
        .strict_handlers(true)
        .runtime_path("::guide::micro_runtime")
        .out_dir(&strict)
        .compile([proto.join("greeter/v1/greeter.proto")], [proto])
        .unwrap();
    for (name, contract) in [("newer", "m::contract(99)"), ("older", "m::contract(0)")] {
        let folder = scratch.join(name);
        fs::create_dir(&folder).unwrap();
        for file in ["mod.rs", "greeter.v1.rs"] {
            let text = fs::read_to_string(strict.join(file)).unwrap();
            fs::write(folder.join(file), text.replace("m::contract(1)", contract)).unwrap();
        }
    }
}

fn programs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut programs: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect();
    programs.sort();
    assert!(programs.len() > 7, "{programs:?}");
    programs
}

fn rustc() -> Command {
    Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
}

fn rustc_version() -> String {
    String::from_utf8(rustc().arg("--version").output().unwrap().stdout).unwrap()
}

/// What the compiler says to a library that is this program, which it does not take.
fn said(program: &Path, scratch: &Path) -> String {
    let name = program.file_name().unwrap();
    fs::copy(program, scratch.join(name)).unwrap();
    let libraries = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let mut dependencies = std::ffi::OsString::from("dependency=");
    dependencies.push(&libraries);
    let guide = format!("guide={}", newest(&libraries, "libguide-").display());
    let output = rustc()
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata"])
        .args(["--allow", "warnings"])
        // The programs name the runtime by way of the guide: there may be several, of which it knows its own.
        .args(["--extern", &guide])
        .arg("-L")
        .arg(dependencies)
        .arg(name)
        .current_dir(scratch)
        .output()
        .unwrap();
    assert!(!output.status.success(), "{} compiles", name.display());
    without_paths(&String::from_utf8(output.stderr).unwrap())
}

/// Without what differs from build to build: paths, the lines of other files, and lists of who has a trait.
///
/// The guide has the greeter's types by two paths, and the compiler names either.
fn without_paths(said: &str) -> String {
    let said = said.replace("guide::snippets::", "guide::greeter::v1::");
    let mut kept = String::new();
    let mut is_elsewhere = false;
    for line in said.lines() {
        let start = line.trim_start();
        if let Some((before, path)) = line.split_once("--> ").or_else(|| line.split_once("::: ")) {
            is_elsewhere = path.contains('/');
            let path = if is_elsewhere { "elsewhere" } else { path };
            kept += &format!("{before}--> {path}\n");
            continue;
        }
        is_elsewhere &= start.starts_with(|first: char| first == '|' || first.is_ascii_digit());
        let is_list = line.starts_with("            ")
            || start.starts_with("= note: consider using")
            || line.contains("long-type");
        if !is_elsewhere && !is_list && !line.contains("following other types") {
            kept += &format!("{line}\n");
        }
    }
    kept
}

/// The library that was built last, whatever its features.
fn newest(folder: &Path, start: &str) -> PathBuf {
    let libraries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let fits = libraries.filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(start) && name.ends_with(".rlib")
    });
    let when = |path: &PathBuf| path.metadata().and_then(|about| about.modified()).ok();
    fits.max_by_key(when).expect("the tests are linked with it")
}
