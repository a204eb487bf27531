//! The example's server as a process, in a registry of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::command::{cargo, run, target};

/// A server that ends when this is dropped, for then its standard input does.
pub(super) struct Server {
    process: Child,
    address: String,
    folder: PathBuf,
}

impl Server {
    /// Builds the example and starts its server, with everything that it writes in `folder`.
    pub(super) fn start(folder: &Path) -> Result<Self, String> {
        run(cargo().args(["build", "--quiet", "--package", "greeter"]))?;
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let program = target().join(format!("debug/greeter{}", std::env::consts::EXE_SUFFIX));
        let mut process = Command::new(&program)
            .arg("server")
            .env("MICRO_REGISTRY", format!("local://{}", folder.join("nodes").display()))
            .env("MICRO_SERVER_ADDRESS", "127.0.0.1:0")
            .env("GREETER_UNTIL_STDIN_ENDS", "1")
            .env("RUST_LOG", "micro_runtime=info")
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let address = address(&mut process)?;
        Ok(Self { process, address, folder: folder.to_owned() })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The folder for what belongs to it.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends it, and fails if it does not end well.
    pub(super) fn stop(mut self) -> Result<(), String> {
        let status = self.process.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("the server ended with {status}")) }
    }
}

/// Reads in the server's log where it listens.
fn address(process: &mut Child) -> Result<String, String> {
    let log = process.stderr.take().expect("its log is piped");
    let mut lines = BufReader::new(log).lines().map_while(Result::ok);
    let mut said = Vec::new();
    let address = lines.find_map(|line| {
        let address = line.split_once(" address=").map(|(_, rest)| rest.trim().to_owned());
        said.push(line);
        address
    });
    // Somebody has to read on, or the server would wait for room in the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    address.ok_or_else(|| format!("the server did not start:\n{}", said.join("\n")))
}
