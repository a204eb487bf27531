//! Canonical JSON of random messages, beside that of prost-reflect; and of texts that are broken at random.
//!
//! Every message and every text comes from a seed, which is printed when a test fails.

#[path = "json/random.rs"]
mod random;

use fastrand::Rng;
use micro_build_e2024::{kinds, well_known};
use micro_runtime::codec::Payload;
use micro_runtime::codegen::FileDesc;
use micro_runtime::json::MessageType;
use prost_reflect::prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, ReflectMessage};
use serde::de::IgnoredAny;
use serde_json::Value;

const MESSAGES: u64 = 300;
const MUTATIONS: u64 = 20_000;

fn files() -> [&'static FileDesc; 2] {
    [kinds::kinds_micro::SERVICE.file(), well_known::clock_micro::SERVICE.file()]
}

/// Every type of message in the files, on both sides.
fn types() -> Vec<(MessageType, MessageDescriptor)> {
    let mut pool = DescriptorPool::global();
    for file in files() {
        pool.decode_file_descriptor_proto(file.descriptor()).unwrap();
    }
    let named = |found: &MessageType| (*found, pool.get_message_by_name(found.name()).unwrap());
    files().iter().flat_map(|file| file.message_types()).map(named).collect()
}

/// Runs a test on random messages of every type.
fn each(test: impl Fn(&MessageType, &DynamicMessage)) {
    for (found, descriptor) in types() {
        for seed in 0..MESSAGES {
            let message = message(&descriptor, seed);
            let said = format!("{} of seed {seed}", found.name());
            let _told = Told(&said);
            test(&found, &message);
        }
    }
}

/// As it comes back from its bytes: without what is set to a default that does not show.
fn message(descriptor: &MessageDescriptor, seed: u64) -> DynamicMessage {
    let message = random::message(descriptor, &mut Rng::with_seed(seed), 3);
    DynamicMessage::decode(descriptor.clone(), &*message.encode_to_vec()).unwrap()
}

/// Tells which message it was, if the test fails.
struct Told<'a>(&'a str);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("it was {}", self.0);
        }
    }
}

fn ours(found: &MessageType, message: &DynamicMessage) -> Box<dyn Payload> {
    let mut ours = found.empty();
    ours.merge(message.encode_to_vec().into()).unwrap();
    ours
}

fn bytes(message: &dyn Payload) -> Vec<u8> {
    let mut bytes = micro_runtime::codegen::BytesMut::new();
    message.encode(&mut bytes);
    bytes.into()
}

fn text(message: &dyn Payload) -> Vec<u8> {
    let mut text = Vec::new();
    message.write_json(&mut text).unwrap();
    text
}

fn value(text: &[u8]) -> Value {
    serde_json::from_slice(text).unwrap_or_else(|error| {
        panic!("{error}: {}", String::from_utf8_lossy(text));
    })
}

#[test]
fn what_is_written_is_what_prost_reflect_writes() {
    each(|found, message| {
        let theirs = serde_json::to_vec(message).unwrap();
        assert_eq!(value(&text(&*ours(found, message))), value(&theirs));
    });
}

#[test]
fn what_prost_reflect_writes_is_read() {
    each(|found, message| {
        let mut read = found.empty();
        read.merge_json(&serde_json::to_vec(message).unwrap()).unwrap();
        let back = DynamicMessage::decode(message.descriptor(), &*bytes(&*read)).unwrap();
        assert_eq!(back, *message);
    });
}

#[test]
fn prost_reflect_reads_what_is_written() {
    each(|found, message| {
        let text = text(&*ours(found, message));
        let mut deserializer = serde_json::Deserializer::from_slice(&text);
        let back = DynamicMessage::deserialize(message.descriptor(), &mut deserializer).unwrap();
        assert_eq!(back, *message);
    });
}

#[test]
fn a_message_comes_back_from_its_json() {
    each(|found, message| {
        let written = text(&*ours(found, message));
        let mut read = found.empty();
        read.merge_json(&written).unwrap();
        let back = DynamicMessage::decode(message.descriptor(), &*bytes(&*read)).unwrap();
        assert_eq!(back, *message);
        // Maps have no order, so texts are compared as values.
        assert_eq!(value(&text(&*read)), value(&written));
    });
}

#[test]
fn serde_reads_and_writes_the_same() {
    let of = |name: &str| types().into_iter().find(|(found, _)| found.name() == name).unwrap();
    let (found, descriptor) = of("kinds.Shapes");
    for seed in 0..MESSAGES {
        let message = message(&descriptor, seed);
        let wanted = kinds::Shapes::decode(&*message.encode_to_vec()).unwrap();
        let written = text(&*ours(&found, &message));
        let read: kinds::Shapes = serde_json::from_slice(&written).unwrap();
        assert_eq!(read, wanted, "seed {seed}");
        let by_serde = serde_json::to_vec(&read).unwrap();
        assert_eq!(value(&by_serde), value(&written), "seed {seed}");
        let by_value: kinds::Shapes = serde_json::from_value(value(&written)).unwrap();
        assert_eq!(by_value, wanted, "seed {seed}");
    }
}

#[test]
fn broken_text_is_an_error_and_text_that_is_taken_is_json() {
    let types = types();
    let mut taken = 0;
    for seed in 0..MUTATIONS {
        let mut random = Rng::with_seed(seed);
        let (found, descriptor) = &types[random.usize(..types.len())];
        let message = random::message(descriptor, &mut random, 2);
        let broken = random::broken(text(&*ours(found, &message)), &mut random);
        let said = format!("{} of seed {seed}: {}", found.name(), broken.escape_ascii());
        let _told = Told(&said);
        let mut read = found.empty();
        let Err(error) = read.merge_json(&broken) else {
            serde_json::from_slice::<IgnoredAny>(&broken).unwrap();
            let mut again = found.empty();
            again.merge_json(&text(&*read)).unwrap();
            assert_eq!(value(&text(&*again)), value(&text(&*read)));
            taken += 1;
            continue;
        };
        assert!(!error.to_string().is_empty());
    }
    assert!(taken > 100, "of {MUTATIONS} texts only {taken} were taken");
}

#[test]
fn text_that_is_cut_off_is_an_error() {
    for (found, descriptor) in types() {
        let message = random::message(&descriptor, &mut Rng::with_seed(1), 2);
        let whole = text(&*ours(&found, &message));
        for end in 0..whole.len() {
            let error = found.empty().merge_json(&whole[..end]).unwrap_err().to_string();
            assert!(!error.is_empty(), "{} up to byte {end}", found.name());
        }
    }
}
