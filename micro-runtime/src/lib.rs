//! The lean runtime of micro services.

use std::future::Future;
use std::pin::Pin;

pub mod client;
pub mod codec;
pub mod codegen;
pub mod context;
pub mod descriptor;
pub mod driver;
pub mod json;
pub mod metadata;
pub mod middleware;
pub mod registry;
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

pub use address::Address;
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
