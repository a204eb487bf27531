//! The generator's corpus, as a table: which cases compile in every edition, and what is said of the others.

use crate::command::{self, cargo};

pub(crate) fn run(_: &[String]) -> Result<(), String> {
    let test = ["test", "--package", "protoc-gen-micro-rs", "--test", "generator"];
    let arguments = ["corpus::", "--include-ignored", "--nocapture"];
    command::run(cargo().args(test).arg("--").args(arguments))
}
