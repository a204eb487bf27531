//! The generator under mutated requests and mutated `.proto` files: the same ones in every run.

use std::process::Command;

use crate::command::{self, cargo};

/// How long `cargo xtask test` does it.
pub(crate) const SHORT: u32 = 30;

/// For so many seconds, from the first input on or from the one with the given number.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let seconds = arguments.first().cloned().unwrap_or_else(|| SHORT.to_string());
    command::run(program().arg(seconds).args(arguments.get(1)))
}

fn program() -> Command {
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "micro-fuzz", "--"]);
    command
}
