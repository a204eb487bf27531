//! Random messages, and what else random does to their JSON.

use std::collections::HashMap;

use fastrand::Rng;
use prost_reflect::prost::Message;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value,
};

/// A random message; those in it are empty from a depth on.
pub(crate) fn message(
    descriptor: &MessageDescriptor,
    random: &mut Rng,
    depth: usize,
) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    match descriptor.full_name() {
        "google.protobuf.Timestamp" => {
            set(&mut message, "seconds", Value::I64(random.i64(-62_135_596_800..=253_402_300_799)));
            set(&mut message, "nanos", Value::I32(nanos(random)));
        }
        "google.protobuf.Duration" => {
            let sign = if random.bool() { 1 } else { -1 };
            set(
                &mut message,
                "seconds",
                Value::I64(i64::from(sign) * random.i64(0..315_576_000_000)),
            );
            set(&mut message, "nanos", Value::I32(sign * nanos(random)));
        }
        "google.protobuf.FieldMask" => {
            let paths = ["name", "home_address.zip_code", "a_b_c"]
                .map(|path| Value::String(path.to_owned()));
            set(&mut message, "paths", Value::List(paths[random.usize(..3)..].to_vec()));
        }
        // Finite: prost-reflect writes others as null there.
        "google.protobuf.DoubleValue" => set(&mut message, "value", Value::F64(finite(random))),
        "google.protobuf.FloatValue" => set(&mut message, "value", Value::F32(0.1)),
        "google.protobuf.Any" => any(&mut message, descriptor, random),
        "google.protobuf.Value" => one_kind(&mut message, random, depth),
        _ => {
            for field in descriptor.fields().filter(|_| depth > 0) {
                if random.bool() {
                    message.set_field(&field, value(&field, random, depth - 1));
                }
            }
        }
    }
    message
}

fn set(message: &mut DynamicMessage, name: &str, value: Value) {
    message.set_field_by_name(name, value);
}

fn nanos(random: &mut Rng) -> i32 {
    [0, 500_000_000, 1_000, random.i32(0..1_000_000_000)][random.usize(..4)]
}

/// Some message that the file of the field knows.
fn any(message: &mut DynamicMessage, descriptor: &MessageDescriptor, random: &mut Rng) {
    // Not Empty: prost-reflect takes it for a type with a form of its own, protobuf's own libraries do not.
    let names = ["google.protobuf.Duration", "google.protobuf.Int64Value", "well_known.Moment"];
    let name = names[random.usize(..names.len())];
    let Some(found) = descriptor.parent_pool().get_message_by_name(name) else { return };
    let inside = self::message(&found, random, 2);
    set(message, "type_url", Value::String(format!("type.googleapis.com/{name}")));
    set(message, "value", Value::Bytes(inside.encode_to_vec().into()));
}

/// A `google.protobuf.Value` that has a JSON form: it holds something.
fn one_kind(message: &mut DynamicMessage, random: &mut Rng, depth: usize) {
    match random.usize(..if depth > 0 { 6 } else { 4 }) {
        0 => set(message, "null_value", Value::EnumNumber(0)),
        1 => set(message, "number_value", Value::F64(finite(random))),
        2 => set(message, "string_value", Value::String(text(random))),
        3 => set(message, "bool_value", Value::Bool(random.bool())),
        choice => {
            let name = if choice == 4 { "struct_value" } else { "list_value" };
            let field = message.descriptor().get_field_by_name(name).expect("Value has it");
            let value = value(&field, random, depth - 1);
            message.set_field(&field, value);
        }
    }
}

fn value(field: &FieldDescriptor, random: &mut Rng, depth: usize) -> Value {
    let length = random.usize(0..4);
    if field.is_list() {
        return Value::List((0..length).map(|_| single(&field.kind(), random, depth)).collect());
    }
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { unreachable!("a map has entries") };
        let (key, value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        let entry = |_| {
            let key = single(&key.kind(), random, depth);
            (key.into_map_key().expect("a key"), single(&value.kind(), random, depth))
        };
        return Value::Map((0..length).map(entry).collect::<HashMap<_, _>>());
    }
    single(&field.kind(), random, depth)
}

fn single(kind: &Kind, random: &mut Rng, depth: usize) -> Value {
    match kind {
        Kind::Double => Value::F64([finite(random), f64::INFINITY, f64::MAX][random.usize(..3)]),
        Kind::Float => {
            let any = f32::from_bits(random.u32(1..0x7f80_0000));
            Value::F32([any, -any, f32::NEG_INFINITY, 0.1][random.usize(..4)])
        }
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            Value::I32([random.i32(..), i32::MIN, 1][random.usize(..3)])
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            Value::I64([random.i64(..), i64::MIN, i64::MAX, -1][random.usize(..4)])
        }
        Kind::Uint32 | Kind::Fixed32 => Value::U32([random.u32(..), u32::MAX][random.usize(..2)]),
        Kind::Uint64 | Kind::Fixed64 => Value::U64([random.u64(..), u64::MAX][random.usize(..2)]),
        Kind::Bool => Value::Bool(random.bool()),
        Kind::String => Value::String(text(random)),
        Kind::Bytes => Value::Bytes((0..random.usize(..6)).map(|_| random.u8(..)).collect()),
        Kind::Message(descriptor) => Value::Message(message(descriptor, random, depth)),
        Kind::Enum(descriptor) if descriptor.full_name() == "google.protobuf.NullValue" => {
            Value::EnumNumber(0)
        }
        Kind::Enum(descriptor) => {
            let unknown = random.i32(100..200);
            let mut numbers: Vec<_> = descriptor.values().map(|value| value.number()).collect();
            numbers.push(unknown);
            Value::EnumNumber(numbers[random.usize(..numbers.len())])
        }
    }
}

fn finite(random: &mut Rng) -> f64 {
    let any = f64::from_bits(random.u64(1..0x7ff0_0000_0000_0000));
    [any, -any, 1.0, -1e15, 123.456, f64::from(random.i32(..))][random.usize(..6)]
}

fn text(random: &mut Rng) -> String {
    const CHARS: &[char] =
        &['a', 'Z', '0', ' ', '"', '\\', '/', '\n', '\u{1}', '\u{7f}', 'é', '\u{2028}', '😀'];
    let length = random.usize(..24);
    (0..length).map(|_| CHARS[random.usize(..CHARS.len())]).collect()
}

/// Pieces that JSON is made of, and some that it is not.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "null",
    "true",
    "0",
    "-",
    "1e5",
    ".5",
    "1.0",
    " ",
    "\n",
    "\\u00",
    "\\ud83d",
    "\\ude00",
    "\u{e9}",
    "\0",
    "NaN",
    "\"@type\":",
    "99999999999999999999",
    "{}",
    "[]",
    "[[[[[[[[",
];

/// The text with one to three changes.
pub(crate) fn broken(mut text: Vec<u8>, random: &mut Rng) -> Vec<u8> {
    for _ in 0..random.usize(1..4) {
        let at = random.usize(..=text.len());
        let end = (at + random.usize(..8)).min(text.len());
        match random.usize(..5) {
            0 => drop(text.drain(at..end)),
            1 => drop(text.splice(at..end, PIECES[random.usize(..PIECES.len())].bytes())),
            2 => drop(text.splice(at..at, PIECES[random.usize(..PIECES.len())].bytes())),
            3 => {
                let copied = text[at..end].to_vec();
                text.splice(at..at, copied);
            }
            _ => text[at..end].iter_mut().take(1).for_each(|byte| *byte = random.u8(..)),
        }
    }
    text
}
