//! The rules that every broker keeps.
//!
//! ```
//! use std::sync::Arc;
//!
//! use micro_runtime::broker::{Broker, MemoryBroker};
//! use micro_runtime::testing::broker::{BrokerUnderTest, suite};
//!
//! /// Clones of a memory broker are handles onto the same topics.
//! struct Memory(MemoryBroker);
//!
//! impl BrokerUnderTest for Memory {
//!     async fn open(&self) -> Arc<dyn Broker> {
//!         Arc::new(self.0.clone())
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() {
//!     suite(&Memory(MemoryBroker::new())).await;
//! }
//! ```

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::broker::{Broker, Message};
use crate::error::Error;

mod audience;
mod delivering;
mod limits;
mod order;
mod sharing;

/// A broker for the [`suite`]: opens handles onto the same topics.
pub trait BrokerUnderTest: Send + Sync {
    /// A new handle: what is published through one is delivered through the others, as if each were in a
    /// process of its own.
    fn open(&self) -> impl Future<Output = Arc<dyn Broker>> + Send;

    /// Whether a publisher is held up when a subscriber does not keep up, rather than a server storing what waits.
    fn holds_publishers_up(&self) -> bool {
        true
    }

    /// How long a delivery, or the news of a subscription, may take.
    fn patience(&self) -> Duration {
        Duration::from_secs(10)
    }
}

/// Tries all rules, one after the other, on topics with names of their own.
///
/// Needs a tokio runtime with time enabled. Dropping the future leaves no subscriptions behind.
///
/// # Panics
/// With a sentence that names the rule, if the broker breaks one.
pub async fn suite(world: &impl BrokerUnderTest) {
    delivering::rules(world).await;
    sharing::rules(world).await;
    order::rules(world).await;
    limits::rules(world).await;
}

/// A topic that no earlier run on the same broker has used.
fn unique(purpose: &str) -> String {
    format!("suite.{purpose}.{:016x}", fastrand::u64(..))
}

fn text(topic: &str, body: impl std::fmt::Display) -> Message {
    Message::new(topic, "text/plain", format!("{body}"))
}

fn body(message: &Message) -> String {
    String::from_utf8_lossy(message.body()).into_owned()
}

async fn publish(broker: &dyn Broker, message: Message, patience: Duration, rule: &str) {
    let published = broker.publish(Arc::new(message), Instant::now() + patience).await;
    check_ok(published, rule);
}

fn check(holds: bool, rule: &str) {
    assert!(holds, "{rule}");
}

fn check_ok<T>(result: Result<T, Error>, rule: &str) -> T {
    result.unwrap_or_else(|error| panic!("{rule}: {error}"))
}
