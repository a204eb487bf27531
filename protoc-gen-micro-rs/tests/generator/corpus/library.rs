//! Crates with a module for each case, as their users would build them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Files;

/// What a library of users may be strict about.
const STRICT: &str = "#![deny(
    warnings, missing_docs, missing_debug_implementations, unreachable_pub, rust_2018_idioms, rustdoc::all
)]
//! Every case of the corpus.

#[doc(hidden)]
pub mod renamed {
    pub use ::micro_runtime::*;
}
";

/// Writes files into a folder.
pub(super) fn write(folder: &Path, files: &Files) {
    for (name, text) in files {
        write_changed(&folder.join(name), text);
    }
}

fn write_changed(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(path, text).unwrap();
}

/// A crate with a module for each case.
pub(super) struct Library {
    folder: PathBuf,
    edition: &'static str,
}

impl Library {
    pub(super) fn new(name: &str, edition: &'static str, cases: &BTreeMap<&str, &Files>) -> Self {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("corpus/{name}-{edition}"));
        let mut library = STRICT.to_owned();
        for (case, files) in cases {
            write(&folder.join("src").join(case), files);
            let tree = if files.contains_key("tree.rs") { "tree.rs" } else { "mod.rs" };
            if case.starts_with("root_") {
                library += &format!("include!(\"{case}/{tree}\");\n");
                continue;
            }
            library +=
                &format!("/// Case.\npub mod case_{case} {{ include!(\"{case}/{tree}\"); }}\n");
        }
        write_changed(&folder.join("src/lib.rs"), &library);
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let runtime = repository.join("micro-runtime");
        let manifest = format!(
            "[package]\nname = \"{name}-{edition}\"\nversion = \"0.0.0\"\nedition = \"{edition}\"\n\n\
             [workspace]\n\n[features]\ndefault = [\"client\", \"json\", \"server\"]\n\
             client = []\njson = []\nserver = []\n\n[dependencies]\nmicro-runtime.path = {runtime:?}\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n"
        );
        write_changed(&folder.join("Cargo.toml"), &manifest);
        let lock = fs::read_to_string(repository.join("Cargo.lock")).unwrap();
        write_changed(&folder.join("Cargo.lock"), &lock);
        Self { folder, edition }
    }

    /// Runs cargo on it.
    pub(super) fn cargo(&self, arguments: &[&str]) {
        let Self { folder, edition } = self;
        println!("edition {edition}: cargo {}", arguments.join(" "));
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(folder).args(arguments).args(["--offline", "--quiet"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        command.env("CARGO_TARGET_DIR", folder.with_file_name("target"));
        let status = command.status().unwrap();
        assert!(status.success(), "edition {edition}: cargo {} failed", arguments.join(" "));
    }
}
