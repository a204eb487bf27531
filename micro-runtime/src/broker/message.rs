//! What is published: bytes with a topic, an id, a key and headers.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::metadata::Metadata;

/// A message on its way from a publisher to subscribers.
///
/// ```
/// use micro_runtime::broker::Message;
///
/// let message = Message::new("orders.placed", "application/json", r#"{"id":"7"}"#).with_key("7");
/// assert_eq!(message.key(), Some("7"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    topic: Arc<str>,
    id: Arc<str>,
    key: Option<Arc<str>>,
    content_type: Arc<str>,
    headers: Metadata,
    body: Bytes,
}

impl Message {
    /// A message with a random id of 32 hexadecimal digits, no key and no headers.
    pub fn new(
        topic: impl Into<Arc<str>>,
        content_type: impl Into<Arc<str>>,
        body: impl Into<Bytes>,
    ) -> Self {
        let id: Arc<str> = format!("{:032x}", fastrand::u128(..)).into();
        Self::received(topic.into(), id, content_type.into(), body.into())
    }

    /// A message that has an id already.
    pub(super) fn received(
        topic: Arc<str>,
        id: Arc<str>,
        content_type: Arc<str>,
        body: Bytes,
    ) -> Self {
        Self { topic, id, key: None, content_type, headers: Metadata::new(), body }
    }

    /// The same with another id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<Arc<str>>) -> Self {
        self.id = id.into();
        self
    }

    /// The same with a key: messages with the same key are delivered in order.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<Arc<str>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The same with other headers.
    #[must_use]
    pub fn with_headers(mut self, headers: Metadata) -> Self {
        self.headers = headers;
        self
    }

    /// The same for another topic.
    #[must_use]
    pub fn with_topic(mut self, topic: impl Into<Arc<str>>) -> Self {
        self.topic = topic.into();
        self
    }

    /// The topic.
    #[must_use]
    pub fn topic(&self) -> &Arc<str> {
        &self.topic
    }

    /// What tells this message from all others: it stays the same however often it is delivered.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What orders this message among others: those with the same key are delivered one after the other.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// What the body is, such as `application/protobuf` or `application/json`.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// What travels along.
    #[must_use]
    pub fn headers(&self) -> &Metadata {
        &self.headers
    }

    /// The encoded payload.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    pub(super) fn shared_key(&self) -> Option<&Arc<str>> {
        self.key.as_ref()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("topic", &self.topic)
            .field("id", &self.id)
            .field("key", &self.key)
            .field("content_type", &self.content_type)
            .field("headers", &self.headers)
            .field("bytes", &self.body.len())
            .finish()
    }
}
