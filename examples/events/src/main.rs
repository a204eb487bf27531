//! Publish and subscribe: departments that share orders among their processes, in order for each customer.
//!
//! `README.md` says what to run and what there is to see.

use std::process::ExitCode;

mod letters;
mod publisher;
mod subscriber;

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
        ["subscriber", department] => subscriber::run(department).await,
        ["publisher", orders] if orders.parse::<u64>().is_ok() => {
            publisher::run(orders.parse().unwrap_or_default()).await
        }
        ["letters"] => letters::run().await,
        _ => {
            eprintln!("events subscriber DEPARTMENT   handle orders until Ctrl-C");
            eprintln!("events publisher N             place N orders, one of which is wrong");
            eprintln!(
                "events letters                 print what nobody could handle, until Ctrl-C"
            );
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
