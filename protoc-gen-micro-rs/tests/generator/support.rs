//! Runs the plugin under protoc.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder with a folder for each case.
pub(crate) fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The names of all cases.
pub(crate) fn cases() -> Vec<String> {
    let entries = fs::read_dir(golden()).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut cases: Vec<_> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

/// The `.proto` files of a case, as protoc names them, and its options.
pub(crate) fn inputs(case: &str) -> (Vec<String>, String) {
    let entries = fs::read_dir(golden().join(case)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let protos = names.filter(|name| name.ends_with(".proto")).map(|name| format!("{case}/{name}"));
    let mut protos: Vec<_> = protos.collect();
    protos.sort();
    let options = fs::read_to_string(golden().join(case).join("options")).unwrap_or_default();
    (protos, options.trim().to_owned())
}

/// A protoc that finds the cases' files and the shared ones.
pub(crate) fn protoc() -> Command {
    let mut command = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap());
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
    command.arg("-I").arg(golden()).arg("-I").arg(shared);
    command
}

/// What the plugin writes for a case, or what protoc says of its error.
pub(crate) fn plugin(case: &str) -> Result<BTreeMap<String, String>, String> {
    let out = tempfile::tempdir().unwrap();
    let (protos, options) = inputs(case);
    let flag = |name: &str, value: &Path| format!("--{name}={}", value.display());
    let output = protoc()
        .arg(format!("--plugin=protoc-gen-micro-rs={}", env!("CARGO_BIN_EXE_protoc-gen-micro-rs")))
        .arg(flag("micro-rs_out", out.path()))
        .arg(format!("--micro-rs_opt={options}"))
        .args(protos)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    if output.status.success() { Ok(read(out.path())) } else { Err(said) }
}

/// All files of a folder, by name.
pub(crate) fn read(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let file = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(&path).unwrap())
    };
    paths.map(file).collect()
}
