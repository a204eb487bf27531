//! What the snippets in tables take for granted, beside what examples do.

pub use std::sync::Arc;
pub use std::time::Duration;

pub use micro_runtime::middleware::{Invocation, Next, Reply};
pub use micro_runtime::registry::FixedRegistry;
pub use micro_runtime::rpc::BadRequest;
pub use micro_runtime::selector::Filter;
pub use micro_runtime::transport::Limits;
pub use micro_runtime::{
    Address, Client, Code, Context, Detail, Error, Result, Service, Streaming, Subscriber,
    WithCode, channel,
};

pub use crate::English;
pub use crate::greeter::v1::{
    ChatMessage, Greeted, GreeterClient, GreeterHandler, GreeterServer, HelloRequest, HelloResponse,
};

/// A middleware.
///
/// # Errors
/// As the call.
pub async fn timed(invocation: Invocation, next: Next) -> Result<Reply> {
    next.run(invocation).await
}

/// A handler of events.
///
/// # Errors
/// None.
pub async fn mail(_: Context, _: Greeted) -> Result<()> {
    Ok(())
}

/// Something that a snippet is given; snippets are not run.
///
/// # Panics
/// If it is called after all.
pub fn given<T>() -> T {
    panic!("snippets are not run")
}
