//! A testee for protobuf's conformance runner: it asks on standard input, and is answered on standard output.

#[cfg(has_protos)]
mod testee;

#[cfg(has_protos)]
fn main() -> std::io::Result<()> {
    testee::run(std::io::stdin().lock(), std::io::stdout().lock())
}

#[cfg(not(has_protos))]
fn main() {
    eprintln!("built without protobuf's .proto files: cargo xtask conformance protobuf");
    std::process::exit(2);
}
