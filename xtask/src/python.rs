//! Python's packages, each set in a virtual environment of its own under target/.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::command::{run, target};

/// The folder with the programs of a virtual environment that holds the packages; made on first use.
pub(crate) fn programs(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let folder = target().join(name);
    let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let stamp = folder.join("installed");
    let wanted = packages.join("\n");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(programs);
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    run(Command::new(programs.join("python"))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(packages))?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))?;
    Ok(programs)
}
