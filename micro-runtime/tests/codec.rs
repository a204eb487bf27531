//! The built-in codecs keep the rules of all codecs, and the suite finds those that do not.

use bytes::{Bytes, BytesMut};
use micro_runtime::codec::{Codec, DecodeError, EncodeError, Json, Payload, Protobuf};
use micro_runtime::testing::codec::suite;

#[test]
fn protobuf_keeps_the_rules() {
    suite(&Protobuf);
}

#[test]
fn json_keeps_the_rules() {
    suite(&Json);
}

/// Protobuf with one thing wrong.
#[derive(Debug, PartialEq)]
enum Flawed {
    Name,
    ClearsTheBuffer,
    PanicsOnGarbage,
    TakesAnything,
    Forgets,
    HintsFarTooMuch,
}

impl Codec for Flawed {
    fn name(&self) -> &'static str {
        if *self == Self::Name { "Proto" } else { "proto" }
    }

    fn encode(&self, payload: &dyn Payload, out: &mut BytesMut) -> Result<(), EncodeError> {
        match self {
            Self::ClearsTheBuffer => out.clear(),
            Self::Forgets => return Ok(()),
            _ => {}
        }
        Protobuf.encode(payload, out)
    }

    fn decode(&self, bytes: Bytes, payload: &mut dyn Payload) -> Result<(), DecodeError> {
        let decoded = Protobuf.decode(bytes, payload);
        match self {
            Self::PanicsOnGarbage => decoded.unwrap(),
            Self::TakesAnything => drop(decoded),
            _ => return decoded,
        }
        Ok(())
    }

    fn size_hint(&self, payload: &dyn Payload) -> usize {
        payload.encoded_len() + if *self == Self::HintsFarTooMuch { 1 << 20 } else { 0 }
    }
}

#[test]
fn each_flaw_is_found_and_named() {
    for (flaw, rule) in [
        (Flawed::Name, "a codec's name is lower-case"),
        (Flawed::ClearsTheBuffer, "a codec appends"),
        (Flawed::PanicsOnGarbage, "bytes from outside are never a panic"),
        (Flawed::TakesAnything, "garbage is an error"),
        (Flawed::Forgets, "a message survives the way there and back"),
        (Flawed::HintsFarTooMuch, "the hint is near the size"),
    ] {
        let panic = std::panic::catch_unwind(|| suite(&flaw)).expect_err("the suite fails");
        let sentence = match panic.downcast::<String>() {
            Ok(sentence) => *sentence,
            Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
        };
        assert!(sentence.contains(rule), "{flaw:?}: {sentence}");
    }
}
