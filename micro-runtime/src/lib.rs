//! The lean runtime of micro services.

use std::future::Future;
use std::pin::Pin;

pub mod broker;
pub mod client;
pub mod codec;
pub mod codegen;
pub mod context;
pub mod descriptor;
pub mod driver;
pub mod health;
pub mod json;
pub mod metadata;
pub mod middleware;
pub mod registry;
pub mod rpc;
pub mod selector;
pub mod server;
pub mod service;
pub mod streaming;
pub mod transport;
pub mod wkt;

#[cfg(feature = "testing")]
pub mod testing;

mod address;
mod base64;
mod clock;
mod dispatch;
mod environment;
mod error;
mod event;
mod percent;
mod reflection;

/// What our own generator makes of the `.proto` files that the runtime itself speaks: `cargo xtask protos`.
///
/// A test compares the checked-in text with the generator's; the text says itself which lints leave it alone.
mod generated {
    include!("generated/mod.rs");
}

pub use address::Address;
pub use broker::Subscriber;
pub use client::{Client, Request, Response};
pub use context::Context;
pub use environment::Environment;
pub use error::{Code, Detail, Error, Reach, Result, WithCode};
pub use event::Event;
pub use metadata::Metadata;
pub use server::Server;
pub use service::Service;
pub use streaming::{Sender, Streaming, channel};

/// A boxed future that may move between threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Includes what `micro_build` generated in `build.rs`: a module for each package of the `.proto` files.
///
/// `package greeter.v1;` becomes `mod greeter { mod v1 { … } }`, wherever the macro stands.
#[macro_export]
macro_rules! include_micro {
    () => {
        include!(concat!(env!("OUT_DIR"), "/mod.rs"));
    };
}
