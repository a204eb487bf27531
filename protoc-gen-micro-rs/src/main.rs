//! The protoc plugin: reads a request, writes the answer.

use std::io::{Read, Write};
use std::process::ExitCode;

use protoc_gen_micro_rs::{OPTIONS, VERSION, generate};

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        None => plugin(),
        Some("--version" | "-V") => print(&format!("protoc-gen-micro-rs {VERSION}\n")),
        Some("--help" | "-h") => print(&help()),
        Some(other) => fail(&format!("unknown argument {other:?}")),
    }
}

/// Answers protoc, which waits for bytes and nothing else.
fn plugin() -> ExitCode {
    // A panic is caught and told in the answer; its text on the terminal would only confuse.
    std::panic::set_hook(Box::new(|_| {}));
    let mut request = Vec::new();
    if let Err(error) = std::io::stdin().lock().read_to_end(&mut request) {
        return fail(&format!("cannot read protoc's request: {error}"));
    }
    if request.is_empty() {
        return fail("nothing on standard input, where protoc sends its request");
    }
    match generate(&request) {
        Ok(response) => write(&response),
        Err(error) => fail(&format!("standard input is no request of protoc: {error}")),
    }
}

fn print(text: &str) -> ExitCode {
    write(text.as_bytes())
}

fn write(bytes: &[u8]) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("cannot write: {error}")),
    }
}

fn fail(why: &str) -> ExitCode {
    eprintln!("protoc-gen-micro-rs: {why}");
    eprintln!("protoc runs this program: protoc --micro-rs_out=DIR -I INCLUDE FILE.proto");
    eprintln!("try --help");
    ExitCode::FAILURE
}

fn help() -> String {
    let options = OPTIONS.iter().map(|(name, what)| format!("  {name:<14}{what}\n"));
    let options: String = options.collect();
    format!(
        "protoc-gen-micro-rs {VERSION}: Rust messages, clients and servers from .proto files

protoc runs this program, if it is on the PATH:
  protoc --micro-rs_out=DIR [--micro-rs_opt=OPTION=VALUE,…] -I INCLUDE FILE.proto…

It writes a file for each package, such as greeter.v1.rs, and mod.rs with the modules that include them.

options:
{options}
arguments:
  --help        this text
  --version     the version
"
    )
}
