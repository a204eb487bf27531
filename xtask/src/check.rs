//! rustfmt, clippy, rustdoc and packaging, with warnings as errors.

use crate::command::{self, cargo};

pub(crate) fn run(_: &[String]) -> Result<(), String> {
    command::run(cargo().args(["fmt", "--all", "--check"]))?;
    command::run(
        cargo()
            .args(["clippy", "--workspace", "--all-targets", "--all-features", "--"])
            .args(["-D", "warnings"]),
    )?;
    command::run(
        cargo()
            .args(["doc", "--workspace", "--all-features", "--no-deps"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

/// Packages what is to be published, without asking any registry.
pub(crate) fn package(_: &[String]) -> Result<(), String> {
    command::run(cargo().args(["package", "--workspace", "--allow-dirty", "--no-verify"]))
}
