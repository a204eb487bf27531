//! Packages of Go, npm and Python, of which only the `.proto` files are kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::sets::{Set, Source};
use super::{empty, wrong};
use crate::command::{output, run, target};

impl Set {
    /// Puts the set's files into a folder `proto`, once.
    pub(super) fn fetch(&self, folder: &Path) -> Result<(), String> {
        let stamp = folder.join("fetched");
        let wanted = format!("{:?}", self.packages);
        if fs::read_to_string(&stamp).is_ok_and(|fetched| fetched == wanted) {
            return Ok(());
        }
        let proto = folder.join("proto");
        empty(&proto)?;
        for package in self.packages {
            let from = package.source.folder()?.join(package.folder);
            copy(&from, &proto.join(package.place))?;
        }
        fs::write(&stamp, wanted).map_err(|error| wrong(&stamp, &error))
    }
}

impl Source {
    /// The folder that the package was unpacked into.
    fn folder(&self) -> Result<PathBuf, String> {
        match self {
            Self::Go(module) => go(module),
            Self::Npm(package) => npm(package),
            Self::Python(package) => python(package),
        }
    }
}

fn go(module: &str) -> Result<PathBuf, String> {
    let home = target().join("go");
    let told = output(
        Command::new("go")
            .args(["mod", "download", "-json", module])
            .current_dir(target())
            .env("GOPATH", &home)
            .env("GOFLAGS", "-modcacherw"),
    )?;
    let folder = told.lines().find_map(|line| line.trim().strip_prefix("\"Dir\": \""));
    let folder = folder.and_then(|rest| rest.split('"').next());
    folder.map(PathBuf::from).ok_or_else(|| format!("{module}: go says no folder: {told}"))
}

fn npm(package: &str) -> Result<PathBuf, String> {
    unpacked(package, |folder| {
        let name =
            output(Command::new("npm").args(["pack", "--silent", package]).current_dir(folder))?;
        run(Command::new("tar").args(["-xzf", name.trim()]).current_dir(folder))
    })
}

fn python(package: &str) -> Result<PathBuf, String> {
    unpacked(package, |folder| {
        let pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"];
        run(Command::new("python3").args(pip).arg(package).current_dir(folder))?;
        let wheel =
            super::files(folder)?.pop().ok_or_else(|| format!("{package}: no wheel came"))?;
        run(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel).arg(folder))
    })
}

/// A folder that a package is unpacked into, once.
fn unpacked(
    package: &str,
    unpack: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let folder = target().join("real/packages").join(package);
    let stamp = folder.join("unpacked");
    if stamp.exists() {
        return Ok(folder);
    }
    empty(&folder)?;
    unpack(&folder)?;
    fs::write(&stamp, "").map_err(|error| wrong(&stamp, &error))?;
    Ok(folder)
}

/// Copies the `.proto` files; what is there already stays.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    for path in super::files(from)? {
        let name = path.file_name().unwrap_or_default();
        let place = to.join(name);
        if path.is_dir() {
            copy(&path, &place)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") && !place.exists()
        {
            fs::create_dir_all(to).map_err(|error| wrong(to, &error))?;
            fs::copy(&path, &place).map_err(|error| wrong(&path, &error))?;
        }
    }
    Ok(())
}
