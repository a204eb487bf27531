//! What plain cargo cannot do here: `cargo xtask help` lists it.

use std::process::ExitCode;

mod bench;
mod budget;
mod check;
mod command;
mod conformance;
mod corpus;
mod curl;
mod debian;
mod fuzz;
mod go;
mod peers;
mod protos;
mod python;
mod real;
mod test;

/// Every task: its name, what it does, and the function that does it.
const TASKS: &[(&str, &str, Task)] = &[
    ("test", "run all tests, and install what they need under target/", test::run),
    ("check", "run rustfmt, clippy and rustdoc, with warnings as errors", check::run),
    (
        "budget",
        "count the runtime's crates, and look for silenced lints and over-long files",
        budget::run,
    ),
    ("protos", "generate anew the code that the runtime itself contains", protos::run),
    ("curl", "ask the example's server with the real curl, and print the answers", curl::run),
    (
        "corpus",
        "compile what the generator makes of hard .proto files, in every edition",
        corpus::run,
    ),
    ("conformance", "run a suite that others made: protobuf", conformance::run),
    (
        "real",
        "generate and compile what others ship: all sets, or those named; takes minutes",
        real::run,
    ),
    ("fuzz", "give the generator what nobody would write: SECONDS [FIRST]", fuzz::run),
    ("package", "package every crate that is to be published", check::package),
    ("bench", "measure against peers, side by side; takes minutes", bench::run),
];

/// A task takes the arguments behind its name; an error has been explained when it says so.
type Task = fn(&[String]) -> Result<(), String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map_or("help", String::as_str);
    let Some((_, _, task)) = TASKS.iter().find(|(known, _, _)| *known == name) else {
        return help(name);
    };
    match task(&arguments[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask {name}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn help(name: &str) -> ExitCode {
    println!("cargo xtask TASK\n");
    for (task, what, _) in TASKS {
        println!("  {task:12} {what}");
    }
    if matches!(name, "help" | "--help" | "-h") {
        return ExitCode::SUCCESS;
    }
    eprintln!("\nxtask: there is no task {name:?}");
    ExitCode::FAILURE
}
