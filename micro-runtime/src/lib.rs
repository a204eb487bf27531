//! The lean runtime of micro services.

use std::future::Future;
use std::pin::Pin;

pub mod codec;
pub mod codegen;
pub mod descriptor;
pub mod json;
pub mod metadata;
pub mod registry;
pub mod selector;

#[cfg(feature = "testing")]
pub mod testing;

mod address;
mod error;

pub use address::Address;
pub use error::{Code, Detail, Error, Reach, Result, WithCode};
pub use metadata::Metadata;

/// A boxed future that may move between threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;
