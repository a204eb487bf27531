//! The main job, run and checked: services that are found, balanced, called, streamed with, killed and survived.
//!
//! `greeter` runs the whole show, `greeter server` and `greeter client NAME` are the two halves to copy.

use std::process::ExitCode;

mod client;
mod demo;
mod server;

micro_runtime::include_micro!();

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        [] => return demo::run().await,
        ["server"] => server::run().await,
        ["client", name] => client::run(name).await,
        _ => {
            eprintln!("greeter            run three nodes and check all that they do");
            eprintln!("greeter server     run one node until Ctrl-C");
            eprintln!("greeter client X   greet X, whatever node answers");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}
