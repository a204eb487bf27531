//! One message to publish: a future with options, sent when it is awaited.

use std::borrow::Cow;
use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use super::Client;
use super::attempt::inherit;
use crate::BoxFuture;
use crate::broker::{Message, check_topic};
use crate::codec::{Codec, Payload, content_type};
use crate::context::Context;
use crate::error::{Code, Error, Result, WithCode};
use crate::metadata::Metadata;

/// A message that is published when it is awaited; the broker's documentation says what its acceptance promises.
///
/// Options chain in front, as in `client.publish(event).key("ann").metadata("x-tenant", "acme").await`. Published
/// while handling a call or a message, it passes on the trace and the allow-listed metadata, and has no longer
/// to be accepted than that call has left.
///
/// Dropping the future leaves open whether the message is accepted.
#[must_use = "a message is not published until it is awaited"]
pub struct Publish {
    client: Client,
    topic: Arc<str>,
    content: Content,
    key: Option<Arc<str>>,
    headers: Metadata,
    codec: Option<Arc<dyn Codec>>,
    timeout: Option<Duration>,
    parent: Option<Context>,
    invalid: Option<Error>,
}

enum Content {
    Typed(Box<dyn Payload>),
    Raw { content_type: Arc<str>, body: Bytes },
}

impl Publish {
    pub(super) fn typed(client: &Client, topic: Arc<str>, payload: impl Payload) -> Self {
        Self::new(client, topic, Content::Typed(Box::new(payload)))
    }

    pub(super) fn raw(
        client: &Client,
        topic: Arc<str>,
        content_type: Arc<str>,
        body: Bytes,
    ) -> Self {
        Self::new(client, topic, Content::Raw { content_type, body })
    }

    fn new(client: &Client, topic: Arc<str>, content: Content) -> Self {
        Self {
            client: client.clone(),
            topic,
            content,
            key: None,
            headers: Metadata::new(),
            codec: None,
            timeout: None,
            parent: Context::current(),
            invalid: None,
        }
    }

    /// The key: messages of a topic with the same key are delivered in order, one after the other.
    pub fn key(mut self, key: impl Into<Arc<str>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Adds a header; a name or value that cannot be sent fails the publishing when it is awaited.
    pub fn metadata(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Bytes>) -> Self {
        if let Err(error) = self.headers.append(name, value) {
            self.invalid.get_or_insert(error);
        }
        self
    }

    /// How the message is encoded; as the client's calls if not set.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codec = Some(Arc::new(codec));
        self
    }

    /// The time that the message has to be accepted; as the client's calls if not set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    fn into_message(mut self) -> Result<Message> {
        if let Some(error) = self.invalid.take() {
            return Err(error);
        }
        check_topic(&self.topic)?;
        let settings = &self.client.0.settings;
        if let Some(parent) = &self.parent {
            inherit(&mut self.headers, parent.metadata(), &settings.forward)?;
        }
        let (content_type, body) = match self.content {
            Content::Raw { content_type, body } => (content_type, body),
            Content::Typed(payload) => {
                encoded(&*payload, &**self.codec.as_ref().unwrap_or(&settings.codec))?
            }
        };
        let message = Message::new(self.topic, content_type, body).with_headers(self.headers);
        Ok(match self.key {
            Some(key) => message.with_key(key),
            None => message,
        })
    }

    fn deadline(&self) -> Instant {
        let limit = Instant::now() + self.timeout.unwrap_or(self.client.0.settings.timeout);
        let inherited = self.parent.as_ref().and_then(Context::deadline);
        inherited.map_or(limit, |inherited| inherited.min(limit))
    }
}

fn encoded(payload: &dyn Payload, codec: &dyn Codec) -> Result<(Arc<str>, Bytes)> {
    let mut body = BytesMut::with_capacity(codec.size_hint(payload));
    codec.encode(payload, &mut body).with_code(Code::Internal)?;
    Ok((content_type(codec).into(), body.freeze()))
}

impl IntoFuture for Publish {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<Result<()>>;

    fn into_future(self) -> BoxFuture<Result<()>> {
        let (client, deadline) = (self.client.clone(), self.deadline());
        match self.into_message() {
            Ok(message) => client.0.broker.publish(Arc::new(message), deadline),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }
}

impl fmt::Debug for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publish")
            .field("topic", &self.topic)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
