//! The guide's greeter as a process: the chapter on curl calls it.

use guide::English;
use guide::greeter::v1::GreeterServer;
use micro_runtime::{Result, Service};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    Service::builder("greeter").id("1").handle(GreeterServer::new(English)).run().await
}
