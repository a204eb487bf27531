//! A chapter's project, in a folder of its own beside a clone.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use guide::chapter::{Block, Piece, pieces};
use guide::commands::commands;
use guide::placeholders;

/// How a chapter installs the plugin.
const INSTALL: &str = "cargo install --path ../micro/protoc-gen-micro-rs";

/// The folder of what a chapter makes.
pub(crate) struct Project {
    pub(crate) folder: PathBuf,
    /// Where its processes find each other.
    run: PathBuf,
    /// Where programs are looked for before anywhere else.
    programs: Vec<PathBuf>,
}

impl Project {
    /// All blocks of the chapter that are files in the folder `name`.
    pub(crate) fn new(name: &str, chapter: &str) -> Self {
        let place = place();
        let (folder, run) = (place.join(name), place.join(format!("run-{name}")));
        for folder in [&folder, &run] {
            let _ = fs::remove_dir_all(folder);
            fs::create_dir_all(folder).unwrap();
        }
        link_clone(&place.join("micro"));
        // The versions that are tested here, and that are on this machine.
        fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        for piece in pieces(chapter) {
            if let Piece::Code(Block { file: Some(file), code, .. }) = piece
                && Path::new(file).starts_with(name)
            {
                let path = place.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, code).unwrap();
            }
        }
        let cargo = Path::new(env!("CARGO")).parent().unwrap().to_owned();
        Self { folder, run, programs: vec![cargo] }
    }

    /// With one more folder of programs.
    pub(crate) fn with_programs(mut self, folder: impl Into<PathBuf>) -> Self {
        self.programs.push(folder.into());
        self
    }

    /// With the protoc that comes along, as if it had been installed.
    pub(crate) fn with_protoc(self) -> Self {
        let protoc = protoc_bin_vendored::protoc_bin_path().unwrap();
        self.with_programs(protoc.parent().unwrap())
    }

    /// A command of the chapter, given to a shell.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-e", "-c", line]).current_dir(&self.folder).stdin(Stdio::null());
        command.env("CARGO_TARGET_DIR", place().join("target"));
        command.env("CARGO_NET_OFFLINE", "true").env("CARGO_TERM_QUIET", "true");
        command.env("XDG_RUNTIME_DIR", &self.run).env("PATH", self.path());
        // What cargo tells this test, and what a user may have set.
        command.env_remove("OUT_DIR").env_remove("PROTOC");
        let variables = std::env::vars_os().map(|(name, _)| name);
        for name in variables.filter(|name| name.to_string_lossy().starts_with("MICRO_")) {
            command.env_remove(name);
        }
        command
    }

    fn path(&self) -> OsString {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let rest = std::env::split_paths(&rest);
        std::env::join_paths(self.programs.iter().cloned().chain(rest)).unwrap()
    }

    /// What a command prints that ends by itself.
    pub(crate) fn printed(&self, line: &str) -> String {
        self.text(&self.command(line).output().unwrap())
    }

    fn text(&self, output: &Output) -> String {
        let text = [&*output.stdout, &*output.stderr].concat();
        placeholders::in_place_of(&String::from_utf8_lossy(&text), &self.run)
    }

    /// A command that goes on until the test is done with it.
    pub(crate) fn start(&self, line: &str) -> Server {
        let mut command = self.command(&format!("exec {line}"));
        Server(command.stdout(Stdio::null()).spawn().unwrap())
    }

    /// Runs all commands of the chapter: servers go on, what has output shows it, and the rest only has to work.
    /// How many had output.
    pub(crate) fn follow(&mut self, chapter: &str) -> usize {
        let (mut servers, mut answered) = (Vec::new(), 0);
        for (line, shown) in commands(chapter) {
            if line == INSTALL {
                // What is built is what would be installed, minutes sooner.
                self.programs.push(plugin());
            } else if line.contains("--bin server") {
                servers.push(self.start(&line));
            } else if let Some(shown) = shown {
                assert_eq!(self.printed(&line), shown, "{line}");
                answered += 1;
            } else {
                let output = self.command(&line).output().unwrap();
                let text = self.text(&output);
                assert!(output.status.success(), "{line}\n{text}");
                assert_eq!(text, "", "{line}: the chapter shows no output");
            }
        }
        answered
    }
}

/// A server, which ends with the test.
pub(crate) struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended, which another assertion will tell.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The same place each time, so that what projects depend on is built once.
fn place() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    target.unwrap_or_else(|| root().join("target")).join("guide")
}

/// Several tests make this one link, whoever is first.
fn link_clone(clone: &Path) {
    if fs::read_link(clone).is_ok_and(|to| to == root()) {
        return;
    }
    let own = clone.with_extension(format!("{:?}", std::thread::current().id()));
    let _ = fs::remove_file(&own);
    symlink(root(), &own).unwrap();
    fs::rename(own, clone).unwrap();
}

/// The folder with the plugin, built as this test was.
fn plugin() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).expect("tests are in deps").to_owned();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline", "--package", "protoc-gen-micro-rs"]);
    let status = cargo.current_dir(root()).status().unwrap();
    assert!(status.success(), "the plugin is built");
    assert!(built.join("protoc-gen-micro-rs").exists(), "it is where this test is");
    built
}
