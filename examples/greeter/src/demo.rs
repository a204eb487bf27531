//! The whole show: three nodes as processes, and a check of all that they are to do.

use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

mod calls;
mod cluster;
mod events;
mod http;
mod load;
mod streams;

use cluster::Cluster;

/// What a step found: figures to show, or what is wrong.
type Found = Result<String, Wrong>;

/// What is wrong, in a sentence.
struct Wrong(String);

impl Wrong {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl<E: std::error::Error> From<E> for Wrong {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Fails with a sentence unless something holds.
fn ensure(holds: bool, text: impl FnOnce() -> String) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(Wrong(text())) }
}

/// Runs every step, and stops the nodes whatever happens.
pub(crate) async fn run() -> ExitCode {
    let started = Instant::now();
    // Longer than all steps take on a slow machine, and shorter than anybody's patience.
    let shown = tokio::time::timeout(Duration::from_secs(28), show()).await;
    match shown.unwrap_or_else(|_| Err(Wrong::new("the steps took longer than 28 s"))) {
        Ok(steps) => {
            println!("\nAll {steps} steps did what they should, in {:.1?}.", started.elapsed());
            ExitCode::SUCCESS
        }
        Err(wrong) => {
            eprintln!("\nFAILED: {wrong}");
            ExitCode::FAILURE
        }
    }
}

/// The number of steps, all of which did what they should.
async fn show() -> Result<usize, Wrong> {
    let mut steps = Steps(0);
    println!(
        "Three nodes of the service \"greeter\", each a process, found through the local registry:"
    );
    let mut cluster = Cluster::new()?;
    steps.check("start", cluster.start(3).await)?;
    println!("\nUnary calls:");
    steps.check("spread", calls::spread(&cluster).await)?;
    steps.check("deadline", calls::deadline(&cluster).await)?;
    steps.check("error", calls::error(&cluster).await)?;
    println!("\nStreams:");
    steps.check("server stream", streams::watch(&cluster).await)?;
    steps.check("client stream", streams::collect(&cluster).await)?;
    steps.check("both ways", streams::chat(&cluster).await)?;
    println!("\nThe same service, for those who know nothing of it but HTTP:");
    steps.check("curl", http::curl(&cluster).await)?;
    steps.check("health", http::health(&mut cluster).await)?;
    println!("\nEvents, published by the nodes for each greeting:");
    steps.check("to all", events::to_all(&cluster).await)?;
    steps.check("poison", events::poison(&cluster).await)?;
    println!("\nNodes that come and go, with 64 calls in flight:");
    steps.check("kill", load::kill(&mut cluster).await)?;
    steps.check("return", load::come_back(&mut cluster).await)?;
    steps.check("stop", load::stop(&mut cluster).await)?;
    println!("\nThe end:");
    steps.check("clean up", cluster.finish().await)?;
    Ok(steps.0)
}

struct Steps(usize);

impl Steps {
    /// Shows what a step found, or names the step that went wrong.
    fn check(&mut self, name: &str, found: Found) -> Result<(), Wrong> {
        match found {
            Ok(figures) => {
                println!("  {name:14} {figures}");
                self.0 += 1;
                Ok(())
            }
            Err(wrong) => Err(Wrong(format!("step {name:?}: {wrong}"))),
        }
    }
}
