//! The chapter on curl, done as it says: its commands, given to a shell, and what they print.
#![cfg(unix)] // The commands are a shell's.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use guide::commands::commands;
use guide::placeholders;
use micro_runtime::Address;
use micro_runtime::registry::{LocalRegistry, Registry};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Where the chapter says that the server is.
const SHOWN: &str = "127.0.0.1:8080";
const PATIENCE: Duration = Duration::from_secs(60);

/// The server that the chapter starts, on a free port, with nobody but the test to find it.
struct Greeter {
    address: Address,
    folder: TempDir,
    _process: Child,
}

impl Greeter {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let nodes = folder.path().join("nodes");
        let mut command = Command::new(env!("CARGO_BIN_EXE_english"));
        let variables = std::env::vars_os().map(|(name, _)| name);
        for name in variables.filter(|name| name.to_string_lossy().starts_with("MICRO_")) {
            command.env_remove(name);
        }
        command.env("MICRO_REGISTRY", format!("local://{}", nodes.display()));
        command.env("MICRO_SERVER_ADDRESS", "127.0.0.1:0");
        let process = command.stdin(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        let registry = LocalRegistry::new(nodes);
        let mut watch = registry.watch("greeter");
        let started =
            timeout(PATIENCE, watch.wait_for(|snapshot| !snapshot.nodes.is_empty())).await;
        let address = started.expect("the server starts").unwrap().nodes[0].address.clone();
        Self { address, folder, _process: process }
    }

    /// What a command prints, as if this were where the chapter says.
    async fn printed(&self, command: &str) -> String {
        let address = self.address.to_string();
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(command.replace(SHOWN, &address));
        // No settings of this user, and no proxy on the way.
        shell.env("HOME", self.folder.path()).env("CURL_HOME", self.folder.path());
        shell.env("no_proxy", "*").stdin(Stdio::null()).kill_on_drop(true);
        let output = timeout(PATIENCE, shell.output()).await.expect("it ends").unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let text = text.replace(&address, SHOWN).replace('\r', "");
        text.lines().map(|line| placeholders::of_line(line.trim_end()) + "\n").collect()
    }
}

/// Whether there is a curl, which is what the chapter is about; if not, that is said where it cannot be missed.
fn has_curl() -> bool {
    let found = std::process::Command::new("curl").arg("--version").output().is_ok();
    if !found {
        // Past the test harness, which keeps what tests print that pass.
        std::io::stderr().write_all(b"skipped: the chapter on curl needs curl\n").unwrap();
    }
    found
}

#[tokio::test]
async fn curl_prints_what_its_chapter_says() {
    let chapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("guide/10-curl.md");
    let commands = commands(&std::fs::read_to_string(chapter).unwrap());
    let [(start, None), calls @ ..] = &commands[..] else {
        panic!("the chapter starts a server first");
    };
    assert_eq!(*start, format!("MICRO_SERVER_ADDRESS={SHOWN} cargo run -p guide"));
    assert!(calls.len() > 7, "the commands are not where they were");
    if !has_curl() {
        return;
    }
    let greeter = Greeter::start().await;
    for (command, shown) in calls {
        assert!(command.starts_with("curl "), "only curl is run here: {command}");
        let printed = greeter.printed(command).await;
        assert_eq!(Some(printed), *shown, "{command}");
    }
}
