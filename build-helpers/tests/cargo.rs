//! A crate with a `build.rs`, as cargo runs it: when it runs again, and what a mistake looks like.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::SystemTime;

/// A crate of its own workspace, in the workspace's target folder, so that what is built already is built once.
struct Scratch {
    folder: PathBuf,
}

const BUILD: &str = r#"
use std::io::Write;

fn main() -> Result<(), micro_build::Error> {
    let runs = concat!(env!("CARGO_MANIFEST_DIR"), "/runs");
    writeln!(std::fs::File::options().append(true).create(true).open(runs).unwrap(), "run").unwrap();
    micro_build::compile(["proto/a/**/*.proto", "proto/one.proto"], ["proto"])
}
"#;

const HEAD: &str = "syntax = \"proto3\";\n";

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        let scratch = Self { folder };
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        scratch.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
                 [build-dependencies]\nmicro-build.path = {here:?}\n\n\
                 [profile.dev]\ndebug = \"line-tables-only\"\n\n\
                 [profile.dev.package.\"*\"]\ndebug = 0\nopt-level = 1\n"
            ),
        );
        scratch.write("build.rs", BUILD);
        scratch.write("src/lib.rs", "");
        scratch.write("README.md", "");
        scratch.write("other/unrelated.proto", HEAD);
        scratch.write(
            "proto/one.proto",
            &format!("{HEAD}import \"common/c.proto\";\nmessage One {{ C c = 1; }}\n"),
        );
        scratch.write("proto/common/c.proto", &format!("{HEAD}message C {{}}\n"));
        scratch.write("proto/common/unrelated.proto", HEAD);
        scratch.write("proto/a/a.proto", &format!("{HEAD}package a;\n"));
        fs::copy(here.join("../Cargo.lock"), scratch.folder.join("Cargo.lock")).unwrap();
        scratch
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn touch(&self, name: &str) {
        let file = fs::File::options().append(true).open(self.folder.join(name)).unwrap();
        file.set_modified(SystemTime::now()).unwrap();
    }

    fn build(&self) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--offline"]).current_dir(&self.folder);
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        cargo.env("CARGO_TARGET_DIR", target).env_remove("RUSTFLAGS").env_remove("PROTOC");
        cargo.output().unwrap()
    }

    /// Builds, and says how often the build script has run until now.
    fn runs(&self) -> usize {
        let output = self.build();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::read_to_string(self.folder.join("runs")).unwrap().lines().count()
    }
}

#[test]
fn only_what_was_read_makes_it_run_again() {
    let scratch = Scratch::new("scratch-rerun");
    assert_eq!(scratch.runs(), 1);
    for unrelated in ["README.md", "other/unrelated.proto", "proto/common/unrelated.proto"] {
        scratch.touch(unrelated);
        assert_eq!(scratch.runs(), 1, "{unrelated} was not read");
    }
    scratch.touch("proto/common/c.proto");
    assert_eq!(scratch.runs(), 2, "an import was touched");
    scratch.write("proto/a/new.proto", &format!("{HEAD}package a;\n"));
    assert_eq!(scratch.runs(), 3, "a pattern finds a new file");
    assert_eq!(scratch.runs(), 3, "nothing happened");
}

#[test]
fn a_mistake_is_shown_with_its_place_and_without_a_panic() {
    let scratch = Scratch::new("scratch-mistake");
    scratch.write(
        "proto/a/a.proto",
        &format!("{HEAD}package a;\nmessage a_bc {{}}\nmessage ABc {{}}\n"),
    );
    let output = scratch.build();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    eprintln!("{said}");
    assert!(
        said.contains("proto/a/a.proto:4:9: message ABc and message a_bc (proto/a/a.proto:3:9)"),
        "{said}"
    );
    assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
}
