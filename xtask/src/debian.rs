//! Debian's packages, unpacked under target/ and not installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{run, target};

/// What Debian calls the folder of this machine's libraries.
const LIBRARIES: &str = "x86_64-linux-gnu";

/// A script that runs a program of the packages with their libraries; made on first use.
pub(crate) fn program(name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("only for Linux on x86_64".to_owned());
    }
    let folder = target().join("debian").join(name);
    let script = folder.join("run");
    if script.exists() {
        return Ok(script);
    }
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    download(packages, &folder)?;
    for package in archives(&folder)? {
        run(Command::new("dpkg-deb").arg("-x").arg(package).arg(&folder))?;
    }
    let usr = folder.join("usr");
    let (libraries, program) = (usr.join("lib").join(LIBRARIES), usr.join("bin").join(name));
    let text = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH={:?} exec {:?} \"$@\"\n",
        libraries.display(),
        program.display()
    );
    fs::write(&script, text).map_err(|error| format!("{}: {error}", script.display()))?;
    run(Command::new("chmod").arg("+x").arg(&script))?;
    Ok(script)
}

/// Downloads packages; a new machine has to be told first what there is.
fn download(packages: &[&str], folder: &Path) -> Result<(), String> {
    let download = || {
        run(Command::new("apt-get")
            .args(["download", "--quiet"])
            .args(packages)
            .current_dir(folder))
    };
    download().or_else(|_| {
        run(Command::new("apt-get").args(["update", "--quiet"]))?;
        download()
    })
}

fn archives(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths.filter(|path| path.extension().is_some_and(|end| end == "deb")).collect())
}
