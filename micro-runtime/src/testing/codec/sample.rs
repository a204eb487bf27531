//! A message written by hand, as generated code would be: the suite needs no generator.

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use crate::codec::{DecodeError, EncodeError, Payload};

/// Text, numbers, repetition and nesting. Its JSON is canonical: 64-bit numbers would be text, so it has none.
#[derive(Clone, PartialEq, prost::Message, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Sample {
    #[prost(string, tag = "1")]
    #[serde(skip_serializing_if = "String::is_empty")]
    first_name: String,
    #[prost(int32, tag = "2")]
    #[serde(skip_serializing_if = "is_zero")]
    count: i32,
    #[prost(bool, tag = "3")]
    #[serde(skip_serializing_if = "is_false")]
    flag: bool,
    #[prost(double, tag = "4")]
    #[serde(skip_serializing_if = "is_nothing")]
    ratio: f64,
    #[prost(string, repeated, tag = "5")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    words: Vec<String>,
    #[prost(message, optional, boxed, tag = "6")]
    #[serde(skip_serializing_if = "Option::is_none")]
    inner: Option<Box<Self>>,
}

impl Sample {
    /// Empty, full, with text from all over, and large.
    pub(super) fn all() -> [Self; 4] {
        let text = "Grüße, 世界 🦀 \u{0} \"quoted\" \\ \n\t\u{2028}".to_owned();
        let odd =
            Self { words: vec![text.clone(), String::new()], first_name: text, ..Self::full() };
        let large = Self { first_name: "x".repeat(1 << 20), ..Self::default() };
        [Self::default(), Self::full(), odd, large]
    }

    pub(super) fn full() -> Self {
        let inner = Self { count: i32::MIN, ..Self::default() };
        Self {
            first_name: "Ann".to_owned(),
            count: i32::MAX,
            flag: true,
            ratio: -0.125,
            words: ["one", "two", "three"].map(str::to_owned).to_vec(),
            inner: Some(Box::new(inner)),
        }
    }
}

impl Payload for Sample {
    fn full_name(&self) -> &'static str {
        "micro.testing.Sample"
    }

    fn encoded_len(&self) -> usize {
        prost::Message::encoded_len(self)
    }

    fn encode(&self, out: &mut BytesMut) {
        prost::Message::encode_raw(self, out);
    }

    fn merge(&mut self, bytes: Bytes) -> Result<(), DecodeError> {
        prost::Message::merge(self, bytes).map_err(DecodeError::from_cause)
    }

    fn write_json(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        serde_json::to_writer(out, self).map_err(EncodeError::from_cause)
    }

    /// Replaces rather than merges, which makes no difference to a message that is empty.
    fn merge_json(&mut self, text: &[u8]) -> Result<(), DecodeError> {
        *self = serde_json::from_slice(text).map_err(DecodeError::from_cause)?;
        Ok(())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_nothing(number: &f64) -> bool {
    *number == 0.0
}
