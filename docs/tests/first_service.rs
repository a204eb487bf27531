//! The first chapter, done as it says: its files in an empty folder, its commands, and what they print.
#![cfg(unix)] // The folder has a link in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use guide::chapter::{Block, Piece, pieces};
use guide::commands::commands;
use guide::placeholders;

/// The folder of the new service, beside a clone.
struct Project {
    folder: PathBuf,
    /// Where its processes find each other.
    run: PathBuf,
}

impl Project {
    fn new(chapter: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        // The same place each time, so that what it depends on is built once.
        let place = target.unwrap_or_else(|| root.join("target")).join("guide");
        let (folder, run) = (place.join("hello"), place.join("run"));
        for folder in [&folder, &run] {
            let _ = fs::remove_dir_all(folder);
            fs::create_dir_all(folder).unwrap();
        }
        let clone = place.join("micro");
        let _ = fs::remove_file(&clone);
        std::os::unix::fs::symlink(&root, &clone).unwrap();
        // The versions that are tested here, and that are on this machine.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        for piece in pieces(chapter) {
            if let Piece::Code(Block { file: Some(file), code, .. }) = piece {
                let path = place.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, code).unwrap();
            }
        }
        Self { folder, run }
    }

    /// A command of the chapter: `cargo` and its arguments.
    fn command(&self, line: &str) -> Command {
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), Some("cargo"), "only cargo is run here: {line}");
        let mut command = Command::new(env!("CARGO"));
        command.args(words).current_dir(&self.folder).stdin(Stdio::null());
        command.env("CARGO_TARGET_DIR", self.run.with_file_name("target"));
        command.env("CARGO_NET_OFFLINE", "true").env("CARGO_TERM_QUIET", "true");
        command.env("XDG_RUNTIME_DIR", &self.run);
        let variables = std::env::vars_os().map(|(name, _)| name);
        for name in variables.filter(|name| name.to_string_lossy().starts_with("MICRO_")) {
            command.env_remove(name);
        }
        command
    }

    /// What a command prints that ends by itself.
    fn printed(&self, line: &str) -> String {
        let output = self.command(line).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        placeholders::in_place_of(&String::from_utf8_lossy(&text), &self.run)
    }
}

/// A server, which ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended, which another assertion will tell.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_first_service_does_what_its_chapter_says() {
    let chapter = include_str!("../guide/01-first-service.md");
    let project = Project::new(chapter);
    assert_eq!(project.printed("cargo build"), "", "it is built without a warning");
    let mut commands = commands(chapter);
    let (last, unanswered) = commands.pop().expect("the chapter has commands");
    let mut servers = Vec::new();
    let mut answered = 0;
    for (command, shown) in commands {
        match shown {
            None => {
                let mut server = project.command(&command);
                servers.push(Server(server.stdout(Stdio::null()).spawn().unwrap()));
            }
            Some(shown) => {
                assert_eq!(project.printed(&command), shown, "{command}");
                answered += 1;
            }
        }
    }
    assert_eq!((servers.len(), answered), (1, 2), "the chapter has changed, and this test has not");
    drop(servers);
    assert_eq!(Some(project.printed(&last)), unanswered, "{last}");
}
