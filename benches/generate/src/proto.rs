//! A `.proto` file with any number of methods, and its descriptors.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Methods of a service.
const METHODS: usize = 20;

/// Writes a file with this many methods, and has protoc make its descriptors.
pub fn synthetic(folder: &Path, rpcs: usize) -> PathBuf {
    let proto = folder.join(format!("{rpcs}.proto"));
    fs::write(&proto, text(rpcs)).expect("the folder exists");
    descriptors(folder, &[proto], &folder.join(format!("{rpcs}.bin")))
}

/// Has protoc make descriptors of all files at the top of a folder, which is `NAME/proto`.
pub fn shipped(folder: &Path, protos: &Path) -> PathBuf {
    let name = protos.parent().and_then(Path::file_name).expect("a folder in a named one");
    let entries = fs::read_dir(protos).expect("the set was fetched");
    let paths = entries.map(|entry| entry.expect("nobody else is there").path());
    let is_proto = |path: &PathBuf| path.extension().is_some_and(|it| it == "proto");
    let files: Vec<_> = paths.filter(is_proto).collect();
    descriptors(protos, &files, &folder.join(name).with_extension("bin"))
}

fn descriptors(include: &Path, files: &[PathBuf], set: &Path) -> PathBuf {
    let status = Command::new(protoc_bin_vendored::protoc_bin_path().expect("protoc comes along"))
        .args(["--include_imports", "--include_source_info", "--descriptor_set_out"])
        .arg(set)
        .arg("--proto_path")
        .arg(include)
        .arg("--proto_path")
        .arg(protoc_bin_vendored::include_path().expect("its files come along"))
        .args(files)
        .status();
    assert!(status.is_ok_and(|status| status.success()), "protoc says what is wrong");
    set.to_owned()
}

/// Twenty methods a service, each with a request and an answer of its own; one in five streams.
fn text(rpcs: usize) -> String {
    let mut text = "syntax = \"proto3\";\npackage shop.v1;\n".to_owned();
    for first in (0..rpcs).step_by(METHODS) {
        let service = first / METHODS;
        write!(text, "// Keeps the orders of branch {service}.\nservice Orders{service} {{\n")
            .expect("strings take all");
        (first..rpcs.min(first + METHODS)).for_each(|rpc| text += &method(rpc));
        text += "}\n";
    }
    (0..rpcs).for_each(|rpc| text += &messages(rpc));
    text
}

fn method(rpc: usize) -> String {
    let (asks, answers) = match rpc % 15 {
        4 => ("", "stream "),
        9 => ("stream ", ""),
        14 => ("stream ", "stream "),
        _ => ("", ""),
    };
    format!(
        "  // Changes order {rpc}, if it is still open.\n  \
         rpc ChangeOrder{rpc}({asks}ChangeOrder{rpc}Request) returns ({answers}ChangeOrder{rpc}Response);\n"
    )
}

fn messages(rpc: usize) -> String {
    format!(
        "// What is to become of order {rpc}.
message ChangeOrder{rpc}Request {{
  // The order's name.
  string name = 1;
  int64 amount = 2;
  repeated string labels = 3;
  map<string, int32> items = 4;
}}
// What became of order {rpc}.
message ChangeOrder{rpc}Response {{
  // How far it is.
  enum State {{ STATE_UNSPECIFIED = 0; STATE_OPEN = 1; STATE_SENT = 2; }}
  State state = 1;
  optional double price = 2;
  oneof outcome {{ string reason = 3; ChangeOrder{rpc}Request accepted = 4; }}
}}
"
    )
}
