//! The plugin that `protoc --micro-rs_out=DIR` runs.

use std::io::{Read, Write};
use std::process::ExitCode;

const USAGE: &str = "\
protoc-gen-micro-rs generates Rust for micro services. protoc runs it:

    protoc --micro-rs_out=DIR [--micro-rs_opt=PARAMETER,…] -I INCLUDES FILES.proto

Write `mod DIR;` to use what it generates, or let micro-build do all this in build.rs.

Parameters:
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => answer(),
        ["--version" | "-V"] => {
            println!("protoc-gen-micro-rs {}", protoc_gen_micro_rs::VERSION);
            ExitCode::SUCCESS
        }
        ["--help" | "-h"] => {
            print!("{}", usage());
            ExitCode::SUCCESS
        }
        _ => fail(&format!("it takes no arguments but --help and --version\n\n{}", usage())),
    }
}

fn usage() -> String {
    let lines =
        protoc_gen_micro_rs::PARAMETERS.map(|(name, what)| format!("    {name:13} {what}\n"));
    format!("{USAGE}{}", lines.concat())
}

/// Answers protoc's request.
fn answer() -> ExitCode {
    let mut request = Vec::new();
    if let Err(error) = std::io::stdin().read_to_end(&mut request) {
        return fail(&format!("cannot read the request: {error}"));
    }
    if request.is_empty() {
        return fail(&format!("there is no request on the standard input\n\n{}", usage()));
    }
    // A panic is told to protoc as an error; its own message would only stand beside it.
    std::panic::set_hook(Box::new(|_| {}));
    let written = match protoc_gen_micro_rs::generate(&request) {
        Ok(response) => std::io::stdout().write_all(&response),
        Err(error) => {
            return fail(&format!(
                "what came on the standard input is no request of protoc's ({error})\n\n{}",
                usage()
            ));
        }
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("cannot write the response: {error}")),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("protoc-gen-micro-rs: {message}");
    ExitCode::FAILURE
}
