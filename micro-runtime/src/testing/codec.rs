//! The rules that every codec keeps.
//!
//! ```
//! micro_runtime::testing::codec::suite(&micro_runtime::codec::Protobuf);
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::{Bytes, BytesMut};

use crate::codec::{Codec, DecodeError};

mod sample;

use sample::Sample;

/// Tries all rules, on messages that the suite brings along.
///
/// # Panics
/// With a sentence that names the rule, if the codec breaks one.
pub fn suite(codec: &dyn Codec) {
    the_name_fits_a_content_type(codec);
    for sample in Sample::all() {
        a_message_survives_the_way_there_and_back(codec, &sample);
        what_the_buffer_holds_is_left_alone(codec, &sample);
        the_hint_is_near_the_size(codec, &sample);
    }
    a_message_that_is_cut_off_is_never_a_panic(codec);
    a_changed_message_is_never_a_panic(codec);
    garbage_is_an_error(codec);
}

fn the_name_fits_a_content_type(codec: &dyn Codec) {
    let name = codec.name();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = name.bytes().all(|byte| plain(byte) || matches!(byte, b'-' | b'_' | b'.'));
    assert!(
        fits && name.bytes().next().is_some_and(plain),
        "a codec's name is lower-case and fits a content type: {name:?} does not"
    );
}

fn a_message_survives_the_way_there_and_back(codec: &dyn Codec, sample: &Sample) {
    let decoded = decode(codec, encode(codec, sample));
    assert!(
        decoded.as_ref().is_ok_and(|decoded| decoded == sample),
        "a message survives the way there and back: {sample:.200?} became {decoded:.200?}"
    );
}

fn what_the_buffer_holds_is_left_alone(codec: &dyn Codec, sample: &Sample) {
    let mut out = BytesMut::from(&b"before"[..]);
    codec.encode(sample, &mut out).expect("a codec encodes every message");
    assert!(out.starts_with(b"before"), "a codec appends to what the buffer holds already");
    assert_eq!(
        out[b"before".len()..],
        encode(codec, sample)[..],
        "an encoding does not depend on what the buffer holds already"
    );
}

fn the_hint_is_near_the_size(codec: &dyn Codec, sample: &Sample) {
    let (hint, size) = (codec.size_hint(sample), encode(codec, sample).len());
    assert!(
        hint <= 8 * size + 1024,
        "the hint is near the size of the encoding: {hint} bytes for {size}"
    );
}

fn a_message_that_is_cut_off_is_never_a_panic(codec: &dyn Codec) {
    let sample = Sample::full();
    let whole = encode(codec, &sample);
    for length in 0..whole.len() {
        let cut = decode(codec, whole.slice(..length));
        let half = length <= whole.len() / 2;
        assert!(
            !(half && cut.is_ok_and(|cut| cut == sample)),
            "half an encoding is not taken for the whole: {length} of {} bytes were",
            whole.len()
        );
    }
}

fn a_changed_message_is_never_a_panic(codec: &dyn Codec) {
    let whole = encode(codec, &Sample::full());
    for position in 0..whole.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = whole.to_vec();
            bytes[position] ^= change;
            let _may_be_valid = decode(codec, bytes.into());
        }
    }
}

fn garbage_is_an_error(codec: &dyn Codec) {
    let garbage = [0x00, 0x01, 0x7b, 0x7f, 0x80, 0xff].map(|byte| Bytes::from(vec![byte; 64]));
    let refused = garbage.into_iter().filter(|bytes| decode(codec, bytes.clone()).is_err()).count();
    assert!(refused > 0, "garbage is an error: six kinds of it were taken for messages");
}

fn encode(codec: &dyn Codec, sample: &Sample) -> Bytes {
    let mut out = BytesMut::new();
    codec.encode(sample, &mut out).expect("a codec encodes every message");
    out.freeze()
}

fn decode(codec: &dyn Codec, bytes: Bytes) -> Result<Sample, DecodeError> {
    let shown = bytes.clone();
    let mut sample = Sample::default();
    // The codec may leave the sample half merged: it is thrown away then.
    let done = catch_unwind(AssertUnwindSafe(|| codec.decode(bytes, &mut sample)));
    let done = done.unwrap_or_else(|_| {
        panic!("bytes from outside are never a panic: these {} were: {shown:?}", shown.len())
    });
    done.map(|()| sample)
}
