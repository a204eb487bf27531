//! Messages as `micro.broker.v1` has them.

use std::sync::Arc;

use super::MAX_MESSAGE;
use crate::broker::{Message, Settlement};
use crate::codec::Payload;
use crate::error::{Error, Result};
use crate::generated::micro::broker::v1;
use crate::metadata::Metadata;

pub(super) use v1::subscriber_micro::{SubscriberClient, SubscriberHandler, SubscriberServer};
pub(super) use v1::{Event, Settlement as Report, Step};

/// What the framing of one message may take beyond it.
pub(super) const ENVELOPE: usize = 1 << 10;

/// The metadata of a call that says which subscription it is for.
pub(super) const SUBSCRIPTION: &str = "micro-subscription";

/// A message as it is sent, for the `attempt`th time.
pub(super) fn event(message: &Message, sequence: u64, attempt: u32) -> Event {
    let header = |(name, value): (&str, &bytes::Bytes)| v1::Header {
        name: name.to_owned(),
        value: value.clone(),
    };
    Event {
        sequence,
        attempt,
        id: message.id().to_owned(),
        key: message.key().map(str::to_owned),
        topic: message.topic().to_string(),
        content_type: message.content_type().to_owned(),
        headers: message.headers().iter().map(header).collect(),
        body: message.body().clone(),
    }
}

/// A message as it was received.
pub(super) fn message(event: Event) -> Arc<Message> {
    let mut headers = Metadata::new();
    for header in event.headers {
        headers.push_received(header.name, header.value);
    }
    let message = Message::new(event.topic, event.content_type, event.body);
    let message = message.with_id(event.id).with_headers(headers);
    Arc::new(match event.key {
        Some(key) => message.with_key(key),
        None => message,
    })
}

pub(super) fn report(sequence: u64, step: Step) -> Report {
    Report { sequence, step: step.into() }
}

impl From<Settlement> for Step {
    fn from(settlement: Settlement) -> Self {
        match settlement {
            Settlement::Done => Self::Settled,
            Settlement::Returned => Self::Returned,
        }
    }
}

/// # Errors
/// `resource_exhausted`, naming topic and size, if a message is too large to be sent.
pub(super) fn check_size(message: &Message) -> Result<()> {
    let size = event(message, u64::MAX, u32::MAX).encoded_len();
    if size <= MAX_MESSAGE {
        return Ok(());
    }
    Err(Error::resource_exhausted(format!(
        "a message of {size} bytes for topic {:?} is larger than the http broker takes, which is {MAX_MESSAGE} bytes; \
         publish where it is to be found",
        message.topic()
    )))
}
