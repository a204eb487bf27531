//! Messages with a topic of their own.

use crate::codec::Payload;

/// A message that its `.proto` file gives a topic: `option (micro.topic) = { name: "greeter.greeted" };`.
pub trait Event: Payload + Default {
    /// The topic's name.
    const TOPIC: &'static str;
}
