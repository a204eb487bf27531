//! Messages with a topic of their own.

use crate::codec::Payload;

/// A message that its `.proto` file gives a topic: `option (micro.topic) = { name: "greeter.greeted" };`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event: no `.proto` file gives it a topic",
    label = "wanted a generated message with a topic",
    note = "say `option (micro.topic) = {{ name: \"orders.placed\" }};` in the message",
    note = "or name the topic: `Subscriber::to_topic` receives, and `Client::publish_to` publishes, any generated message"
)]
pub trait Event: Payload + Default {
    /// The topic's name.
    const TOPIC: &'static str;
}
