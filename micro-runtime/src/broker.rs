//! Tell: messages to topics, and deliveries to those who subscribed.

use std::fmt;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use tokio::time::Instant;

use crate::BoxFuture;
use crate::error::{Error, Result};
use crate::registry::Registry;
use crate::transport::Transport;

mod consumer;
mod dead_letter;
mod message;
mod queue;
mod retry;
mod subscriber;

pub mod http;
pub mod memory;

pub use consumer::Consumer;
pub use dead_letter::DeadLetter;
pub use http::HttpBroker;
pub use memory::MemoryBroker;
pub use message::Message;
pub use retry::{Decision, RetryPolicy};
pub use subscriber::{Received, Subscriber};

/// Publishes messages to topics, and delivers them to those who subscribed.
///
/// Delivery is *at least once*: an accepted message is delivered to one member of every group, and to every
/// subscriber without a group, until a delivery of it is [done](Delivery::done). What *accepted* promises
/// differs from broker to broker, and each says so in the first paragraph of its documentation.
///
/// Messages with the same [key](Message::key) are delivered one after the other to each group: the next
/// comes when the one before it is done. Messages without a key have no order.
///
/// A back end proves itself with `micro_runtime::testing::broker`. What handlers need beyond this, such as
/// retries with a backoff and dead letters, is built on it once, by [`Subscriber`].
pub trait Broker: fmt::Debug + Send + Sync + 'static {
    /// What and where this broker is, for messages: `nats (n1:4222)`. No secrets.
    fn describe(&self) -> String;

    /// Tells the broker of the registry and the transport that its client uses, before anything else.
    ///
    /// Most brokers have no use for them. One that was told already keeps what it has.
    fn attach(&self, registry: Arc<dyn Registry>, transport: Arc<dyn Transport>) {
        drop((registry, transport));
    }

    /// Publishes a message; resolves when it is accepted. A topic that nobody subscribed to is none's loss.
    ///
    /// Dropping the future leaves open whether the message is accepted.
    ///
    /// # Errors
    /// `resource_exhausted` if a queue that it must go to is still full at `deadline`, `unavailable` if what must
    /// accept it cannot be reached by then; the error names the topic and who did not accept it. A message
    /// that failed this way may have been delivered to some.
    fn publish(&self, message: Arc<Message>, deadline: Instant) -> BoxFuture<Result<()>>;

    /// Subscribes to a topic; what is published once this has resolved is delivered, as soon as the
    /// publisher can know of the subscription.
    ///
    /// # Errors
    /// `unavailable` if the broker cannot be reached, `invalid_argument` if it cannot have such a topic.
    fn subscribe(&self, options: SubscribeOptions) -> BoxFuture<Result<Subscription>>;

    /// Waits until what was accepted here no longer depends on this process.
    ///
    /// Dropping the future only ends the waiting.
    fn flush(&self) -> BoxFuture<()> {
        Box::pin(std::future::ready(()))
    }
}

/// What a subscription is to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscribeOptions {
    /// The topic.
    pub topic: Arc<str>,
    /// The group whose members share the messages; without one, the subscription gets a copy of each.
    pub group: Option<Arc<str>>,
    /// How many messages may wait or be at work here, for brokers that push; at least 1.
    pub capacity: usize,
}

impl SubscribeOptions {
    /// A topic, with no group and a capacity of 1024 messages.
    pub fn new(topic: impl Into<Arc<str>>) -> Self {
        Self { topic: topic.into(), group: None, capacity: 1024 }
    }

    /// The same as a member of a group.
    #[must_use]
    pub fn group(mut self, group: impl Into<Arc<str>>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// The same with another capacity, in messages.
    #[must_use]
    pub fn capacity(mut self, messages: usize) -> Self {
        self.capacity = messages.max(1);
        self
    }
}

/// What a broker gives a subscriber: one delivery after the other.
pub trait DeliverySource: Send {
    /// The next delivery; `None` is the end after [`close`](Self::close).
    fn poll_delivery(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Delivery>>>;

    /// Takes nothing new; what was taken already still comes, and then the end.
    ///
    /// A delivery that is dropped from now on goes to another member of the group.
    fn close(&mut self) -> BoxFuture<Result<()>>;
}

/// Deliveries of one topic. Dropping it gives what was not done to other members of the group.
#[must_use = "a subscription gets messages that nobody handles, unless it is read"]
pub struct Subscription(Box<dyn DeliverySource>);

impl Subscription {
    /// A subscription for a broker's own use.
    pub fn new(source: impl DeliverySource + 'static) -> Self {
        Self(Box::new(source))
    }

    /// The next delivery; `None` after the subscription was closed and what it had taken has come.
    ///
    /// Dropping the future loses no delivery.
    ///
    /// # Errors
    /// What ended the subscription for good. An outage is no such thing: brokers wait it out.
    pub async fn next(&mut self) -> Result<Option<Delivery>> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await.transpose()
    }

    /// As [`next`](Self::next), for those who write futures by hand.
    pub fn poll_next(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Delivery>>> {
        self.0.poll_delivery(cx)
    }

    /// Takes nothing new. What was taken already still comes from [`next`](Self::next), and then the end.
    ///
    /// Dropping the future leaves the subscription closing.
    ///
    /// # Errors
    /// If the broker cannot be told; nothing new comes all the same.
    pub async fn close(&mut self) -> Result<()> {
        self.0.close().await
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}

/// A message that is to be handled, and said to be [`done`](Self::done).
///
/// Dropped before, as in a panic, it comes back: to this subscriber or to another member of its group.
#[must_use = "a delivery that is dropped comes back"]
pub struct Delivery {
    message: Arc<Message>,
    attempt: u32,
    settle: Option<Settle>,
}

type Settle = Box<dyn FnOnce(Settlement) + Send>;

/// What became of a [`Delivery`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It was handled and need not come again.
    Done,
    /// It was dropped and is to come again.
    Returned,
}

impl Delivery {
    /// A delivery for a broker's own use; `settle` is called once and must not block.
    pub fn new(
        message: Arc<Message>,
        attempt: u32,
        settle: impl FnOnce(Settlement) + Send + 'static,
    ) -> Self {
        Self { message, attempt, settle: Some(Box::new(settle)) }
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &Arc<Message> {
        &self.message
    }

    /// How many times the broker has delivered the message to this group, as far as it knows; 1 at first.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Says that the message was handled, and need not come again.
    pub fn done(mut self) {
        self.settle(Settlement::Done);
    }

    fn settle(&mut self, settlement: Settlement) {
        if let Some(settle) = self.settle.take() {
            settle(settlement);
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.settle(Settlement::Returned);
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("message", &self.message)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

/// Whether a topic can be one: at every broker, whatever more that one may want.
///
/// # Errors
/// `invalid_argument`, naming the topic, if it is empty or has white space or control characters in it.
pub(crate) fn check_topic(topic: &str) -> Result<()> {
    check_name("topic", topic)
}

fn check_name(what: &str, name: &str) -> Result<()> {
    if name.is_empty() {
        return Err(Error::invalid_argument(format!(
            "a {what} needs a name, such as \"orders.placed\""
        )));
    }
    if name.chars().any(|char| char.is_whitespace() || char.is_control()) {
        return Err(Error::invalid_argument(format!(
            "{what} {name:?} has white space or control characters in it; use letters, digits and dots"
        )));
    }
    Ok(())
}

/// What a publisher reads whose message found no room until its deadline.
fn queue_full(topic: &str, group: Option<&str>) -> Error {
    let whose = group.map_or("a subscriber".to_owned(), |group| format!("group {group:?}"));
    Error::resource_exhausted(format!(
        "the queue of {whose} for topic {topic:?} is full and stayed full until the deadline; \
         publish slower, add members or raise their capacity"
    ))
}
