//! `google.protobuf.Any`: a message of any type, as bytes.

use serde::de::IgnoredAny;
use serde::ser::{Error, SerializeMap};
use serde::{Deserialize, Deserializer, Serializer};

use crate::codec::{DecodeError, Payload};
use crate::json::{JsonValue, known};

/// Some message and the name of its type.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Any {
    /// The type's name behind a slash, such as `type.googleapis.com/greeter.v1.Greeted`.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The message's protobuf encoding.
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

impl Any {
    /// Packs a message.
    pub fn pack(message: &dyn Payload) -> Self {
        let mut value = bytes::BytesMut::with_capacity(message.encoded_len());
        message.encode(&mut value);
        let type_url = format!("type.googleapis.com/{}", message.full_name());
        Self { type_url, value: value.into() }
    }

    /// Unpacks a message; `None` if it is one of another type.
    ///
    /// # Errors
    /// If the bytes are no encoding of that message.
    pub fn unpack<M: Payload + Default>(&self) -> Result<Option<M>, DecodeError> {
        let mut message = M::default();
        if self.type_url.rsplit('/').next() != Some(message.full_name()) {
            return Ok(None);
        }
        message.merge(self.value.clone().into())?;
        Ok(Some(message))
    }
}

/// Only of an empty one: the JSON of others depends on types that are not known here.
impl JsonValue for Any {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.type_url.is_empty() {
            return serializer.serialize_map(Some(0))?.end();
        }
        let text = format!(
            "google.protobuf.Any of {} has no JSON here; send it as protobuf",
            self.type_url
        );
        Err(S::Error::custom(text))
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = std::collections::BTreeMap::<String, IgnoredAny>::deserialize(deserializer)?;
        if fields.is_empty() {
            return Ok(Self::default());
        }
        Err(known::unreadable(
            "google.protobuf.Any cannot be read from JSON here; send it as protobuf",
        ))
    }
}
