//! Go's programs, in a folder under target/.

use std::path::PathBuf;
use std::process::Command;

use crate::command::{run, target};

/// A program by its package and version, such as `example.com/tool/cmd/tool@v1.0.0`; installed on first use.
pub(crate) fn program(package: &str) -> Result<PathBuf, String> {
    let name = package.rsplit('/').next().unwrap_or(package);
    let (program, _) = name.split_once('@').ok_or_else(|| format!("{package} has no version"))?;
    let home = target().join("go");
    let folder = home.join(name);
    let path = folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    if !path.exists() {
        run(Command::new("go")
            .args(["install", package])
            .current_dir(target())
            .env("GOBIN", &folder)
            .env("GOPATH", &home)
            .env("GOCACHE", home.join("cache"))
            // Modules that can be removed with the rest of the folder.
            .env("GOFLAGS", "-modcacherw"))?;
    }
    Ok(path)
}
