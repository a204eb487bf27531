//! Cases that are too large to keep.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Makes them, in a folder like the others'.
pub(super) fn make() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large");
    for (name, text) in [("rpcs_500", rpcs()), ("fields_3000", fields())] {
        let path = folder.join(name).join("main.proto");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Other tests may make them at the same time.
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        let fresh = tempfile::NamedTempFile::new_in(&folder).unwrap();
        fs::write(&fresh, text).unwrap();
        fresh.persist(path).unwrap();
    }
    folder
}

const HEAD: &str = "syntax = \"proto3\";\npackage t;\n";

fn rpcs() -> String {
    let mut text = format!("{HEAD}message M {{ string name = 1; }}\n");
    for service in 0..5 {
        let _ = writeln!(text, "service S{service} {{");
        for rpc in 0..100 {
            let _ = writeln!(text, "  // Number {rpc}.\n  rpc Call{rpc}(M) returns (M);");
        }
        text.push_str("}\n");
    }
    text
}

fn fields() -> String {
    let mut text = format!("{HEAD}message M {{\n");
    for field in 1..=3000 {
        let kind =
            ["string", "int64", "repeated bytes", "optional bool", "map<string, double>", "M"];
        let kind = kind[field % kind.len()];
        let _ = writeln!(text, "  {kind} field_{field} = {field};");
    }
    text + "}\n"
}
