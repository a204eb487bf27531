//! Suites that others made, installed under target/ and run against what is built here.

mod protobuf;

/// Runs the suite that is named.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    match arguments.first().map(String::as_str) {
        Some("protobuf") => protobuf::run(&arguments[1..]),
        Some(other) => Err(format!("there is no suite {other:?}; there is: protobuf")),
        None => Err("which suite? there is: protobuf".to_owned()),
    }
}
