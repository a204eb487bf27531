//! Messages that nobody could handle, with their history.

use super::Message;
use crate::error::{Error, Result};
use crate::metadata::Metadata;

/// What a dead letter's topic has behind the name of the first topic.
pub(super) const SUFFIX: &str = ".dead";

const TOPIC: &str = "micro-dead-topic";
const GROUP: &str = "micro-dead-group";
const ATTEMPTS: &str = "micro-dead-attempts";
const ERROR: &str = "micro-dead-error-bin";

/// Why a message lies in the dead letters: read from one that came from such a topic.
///
/// The message itself is as it was published: id, key, content type, body and headers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The topic that it was published to.
    pub topic: String,
    /// The group that could not handle it.
    pub group: Option<String>,
    /// How often it was handled.
    pub attempts: u32,
    /// What each of the last attempts failed with, in order: 16 at most.
    pub errors: Vec<String>,
}

impl DeadLetter {
    /// How many errors a letter tells of.
    pub(super) const MAX_ERRORS: usize = 16;

    /// The history of a message; `None` if it was not rejected by a subscriber.
    #[must_use]
    pub fn of(message: &Message) -> Option<Self> {
        let headers = message.headers();
        let text = |value: &bytes::Bytes| String::from_utf8_lossy(value).into_owned();
        Some(Self {
            topic: headers.get(TOPIC)?.to_owned(),
            group: headers.get(GROUP).map(str::to_owned),
            attempts: headers.get(ATTEMPTS)?.parse().ok()?,
            errors: headers.get_all_bytes(ERROR).map(text).collect(),
        })
    }

    /// The letter to send to `topic`.
    pub(super) fn write(&self, message: &Message, topic: &str) -> Result<Message> {
        let mut headers = message.headers().clone();
        [TOPIC, GROUP, ATTEMPTS, ERROR].iter().for_each(|name| headers.remove(name));
        self.append_to(&mut headers)?;
        Ok(message.clone().with_topic(topic).with_headers(headers))
    }

    fn append_to(&self, headers: &mut Metadata) -> Result<(), Error> {
        headers.append(TOPIC, self.topic.clone())?;
        if let Some(group) = &self.group {
            headers.append(GROUP, group.clone())?;
        }
        headers.append(ATTEMPTS, self.attempts.to_string())?;
        self.errors.iter().try_for_each(|error| headers.append(ERROR, error.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_tells_its_history_and_keeps_the_message() {
        let message = Message::new("orders", "text/plain", "x").with_key("7");
        let letter = DeadLetter {
            topic: "orders".to_owned(),
            group: Some("mail".to_owned()),
            attempts: 2,
            errors: vec!["internal: “ü”\n".to_owned(), "not_found: y".to_owned()],
        };
        let sent = letter.write(&message, "orders.dead").unwrap();
        assert_eq!(DeadLetter::of(&sent), Some(letter));
        assert_eq!(
            (sent.id(), sent.key(), &**sent.topic()),
            (message.id(), Some("7"), "orders.dead")
        );
        assert_eq!(DeadLetter::of(&message), None);
    }
}
