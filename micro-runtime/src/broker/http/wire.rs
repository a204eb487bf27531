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
    let (topic, id) = (event.topic.into(), event.id.into());
    let message = Message::received(topic, id, event.content_type.into(), event.body);
    let message = message.with_headers(headers);
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
    if largest_size(message) <= MAX_MESSAGE {
        return Ok(());
    }
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

/// What a message takes at most, counted without encoding it: few come near what may be sent.
fn largest_size(message: &Message) -> usize {
    /// More than the numbers in front of a field take.
    const FIELD: usize = 16;
    let headers = message.headers().iter();
    let headers = headers.map(|(name, value)| name.len() + value.len() + 3 * FIELD);
    let words =
        [message.topic(), message.id(), message.key().unwrap_or(""), message.content_type()];
    let words = words.map(|word| word.len() + FIELD).iter().sum::<usize>();
    headers.sum::<usize>() + words + message.body().len() + 3 * FIELD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_is_larger_than_it_is_thought_to_be_at_most() {
        let mut headers = Metadata::new();
        for number in 0..20 {
            headers.append(format!("x-{number}"), "v".repeat(number * 50)).unwrap();
        }
        let small = Message::new("t", "", "");
        let large = Message::new("t".repeat(300), "c".repeat(200), vec![0; 1 << 20])
            .with_key("k".repeat(70_000))
            .with_headers(headers);
        for message in [small, large] {
            let size = event(&message, u64::MAX, u32::MAX).encoded_len();
            assert!(size <= largest_size(&message), "{size}");
        }
    }

    #[test]
    fn a_message_that_is_too_large_is_refused_by_its_size() {
        let of = |bytes| check_size(&Message::new("t", "x/y", vec![0; bytes]));
        assert!(of(MAX_MESSAGE - ENVELOPE).is_ok());
        let error = of(MAX_MESSAGE).unwrap_err();
        assert!(error.message().contains("topic \"t\" is larger than"), "{error}");
    }
}
