//! Other compilers of `.proto` files than the one that comes along lead to the same bytes.
//!
//! `cargo xtask test` installs them and names them in `MICRO_TEST_BUF` and `MICRO_TEST_PROTOC`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Case, Files, cases, golden, read};

/// What a variable names.
fn tool(variable: &str) -> PathBuf {
    let tool = std::env::var_os(variable);
    tool.unwrap_or_else(|| panic!("{variable} names a tool; cargo xtask test sets it")).into()
}

/// Every case that the compiler which comes along takes, with what it leads to. One imports the compiler's own
/// descriptors, which differ from version to version.
fn taken() -> Vec<(Case, Files)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/cases");
    let all = cases(&golden()).into_iter().chain(cases(&corpus));
    let all = all.filter(|case| case.name != "descriptor_types");
    all.filter_map(|case| case.plugin().ok().map(|files| (case, files))).collect()
}

/// How many of them the compiler takes too; where it does, the bytes are the same.
fn compare(with: impl Fn(&Case) -> Result<Files, String>) -> usize {
    let (mut refused, mut different) = (Vec::new(), Vec::new());
    let taken = taken();
    for (case, wanted) in &taken {
        match with(case) {
            Err(why) => refused.push(format!("{}: {why}", case.name)),
            Ok(files) => {
                let names = wanted.keys().chain(files.keys());
                let differ = names.filter(|name| files.get(*name) != wanted.get(*name));
                different.extend(differ.map(|name| format!("{}: {name}", case.name)));
            }
        }
    }
    refused.iter().for_each(|refused| println!("refused: {refused}"));
    assert!(different.is_empty(), "these differ:\n{}", different.join("\n"));
    taken.len() - refused.len()
}

#[test]
#[ignore = "needs protoc: run by cargo xtask test"]
fn protoc_of_another_version_leads_to_the_same_bytes() {
    let protoc = tool("MICRO_TEST_PROTOC");
    assert!(compare(|case| case.plugin_by(&protoc)) > 100);
}

#[test]
#[ignore = "needs buf: run by cargo xtask test"]
fn buf_leads_to_the_same_bytes() {
    let buf = tool("MICRO_TEST_BUF");
    assert!(compare(|case| generate(&buf, case)) > 100);
}

#[test]
#[ignore = "needs buf: run by cargo xtask test"]
fn buf_writes_by_the_example_what_build_rs_writes() {
    let out = tempfile::tempdir().unwrap();
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
    let arguments = ["--path", "greeter", "--output"];
    run(
        Command::new(tool("MICRO_TEST_BUF")).arg("generate").args(arguments).arg(out.path()),
        &proto,
    )
    .unwrap();
    let built = tempfile::tempdir().unwrap();
    micro_build::configure()
        .out_dir(built.path())
        .compile([proto.join("greeter/v1/greeter.proto")], [&proto])
        .unwrap();
    assert!(read(&out.path().join("gen")) == read(built.path()));
}

/// What buf leads to, with the case's files and the shared ones in a folder of its own.
fn generate(buf: &Path, case: &Case) -> Result<Files, String> {
    let folder = tempfile::tempdir().unwrap();
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
    for (from, name) in [(&shared, "google"), (&shared, "micro"), (&case.root, &*case.name)] {
        copy(&from.join(name), &folder.path().join(name));
    }
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("buf.yaml", "version: v2\nmodules:\n  - path: .\n");
    let options = match case.options.is_empty() {
        true => String::new(),
        false => format!("    opt:\n      - {:?}\n", case.options),
    };
    let plugin =
        "version: v2\nplugins:\n  - local: protoc-gen-micro-rs\n    out: gen\n    strategy: all\n";
    write("buf.gen.yaml", &(plugin.to_owned() + &options));
    let paths = case.protos.iter().flat_map(|proto| ["--path", proto]);
    run(Command::new(buf).arg("generate").args(paths), folder.path())?;
    Ok(read(&folder.path().join("gen")))
}

/// Runs a command that finds the plugin, or tells what it said.
fn run(command: &mut Command, folder: &Path) -> Result<(), String> {
    let plugin = Path::new(env!("CARGO_BIN_EXE_protoc-gen-micro-rs")).parent().unwrap();
    let mut path = std::ffi::OsString::from(plugin);
    path.push(if cfg!(windows) { ";" } else { ":" });
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let output = command.current_dir(folder).env("PATH", path).output().unwrap();
    let said = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(said()) }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &place);
        } else {
            fs::copy(&path, &place).unwrap();
        }
    }
}
