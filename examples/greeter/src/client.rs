//! A caller, in another process or on another machine.

use micro_runtime::{Client, Result};

use crate::greeter::v1::{GreeterClient, HelloRequest};

/// Greets somebody, whatever node answers.
pub(crate) async fn run(name: &str) -> Result<()> {
    let client = Client::builder().build()?;
    let greeter = GreeterClient::new("greeter", client);
    let request = HelloRequest { name: name.to_owned(), ..HelloRequest::default() };
    let reply = greeter.hello(request).await?;
    println!("{} (from {})", reply.text, reply.node);
    Ok(())
}
