//! Mutations of encoded protobuf that keep it protobuf, whatever it says.

use fastrand::Rng;

/// What names and texts are replaced by.
const TEXTS: &[&str] = &[
    "",
    ".",
    "..",
    "a",
    "_",
    "__",
    "1a",
    "self",
    "Self",
    "super",
    "crate",
    "type",
    "r#type",
    "String",
    "Option",
    ".t.M",
    "t.M",
    "/",
    "../x",
    "a\nb",
    "*/",
    "\"",
    "\\",
    "é",
    "\u{202e}",
    "{name}",
    "/v1/{a=**}/b",
    "google.protobuf.Any",
    ".google.protobuf.Struct",
    "proto2",
    "proto3",
    "editions",
    "layout=file",
    "mod_file=../x",
    "json=false",
    "micro.proto",
];

/// What numbers are replaced by.
const NUMBERS: &[u64] =
    &[0, 1, 2, 3, 9, 10, 11, 14, 998, 1000, 1001, 19_000, 536_870_911, 1 << 31, 1 << 32, u64::MAX];

/// How deep a mutation may go.
const DEPTH: u32 = 12;

#[derive(Clone)]
enum Value {
    Number(u64),
    Bytes(Vec<u8>),
    /// Eight or four bytes, as they are.
    Fixed(Vec<u8>),
}

#[derive(Clone)]
struct Field {
    tag: u64,
    value: Value,
}

/// One to four changes to an encoded message; now and then bytes of another one take a place in it.
#[must_use]
pub fn mutated(message: &[u8], other: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut message = message.to_vec();
    for _ in 0..random.u32(1..=4) {
        message = changed(&message, other, random, DEPTH);
    }
    message
}

fn changed(message: &[u8], other: &[u8], random: &mut Rng, depth: u32) -> Vec<u8> {
    let Some(mut fields) = parsed(message).filter(|fields| !fields.is_empty()) else {
        return flipped(message, random);
    };
    let at = random.usize(..fields.len());
    if let Value::Bytes(bytes) = &fields[at].value {
        let is_message = parsed(bytes).is_some_and(|inner| !inner.is_empty());
        if is_message && depth > 0 && random.u8(..10) < 8 {
            let bytes = changed(bytes, other, random, depth - 1);
            fields[at].value = Value::Bytes(bytes);
            return encoded(&fields);
        }
    }
    change(&mut fields, at, other, random);
    encoded(&fields)
}

fn change(fields: &mut Vec<Field>, at: usize, other: &[u8], random: &mut Rng) {
    let end = fields.len();
    match random.u8(..8) {
        0 => drop(fields.remove(at)),
        1 => fields.insert(random.usize(..=end), fields[at].clone()),
        2 => fields.swap(at, random.usize(..end)),
        3 => fields[at].value = fields[random.usize(..end)].value.clone(),
        4 => fields.extend(taken(other, random)),
        _ => replace(&mut fields[at].value, random),
    }
}

fn replace(value: &mut Value, random: &mut Rng) {
    match value {
        Value::Number(number) => *number = NUMBERS[random.usize(..NUMBERS.len())],
        Value::Bytes(bytes) => *bytes = TEXTS[random.usize(..TEXTS.len())].into(),
        Value::Fixed(bytes) => random.fill(bytes),
    }
}

/// Any field of any message in another one.
fn taken(message: &[u8], random: &mut Rng) -> Option<Field> {
    let fields = parsed(message)?;
    let field = fields.get(random.usize(..fields.len().max(1)))?;
    match &field.value {
        Value::Bytes(bytes) if random.u8(..4) > 0 => {
            taken(bytes, random).or_else(|| Some(field.clone()))
        }
        _ => Some(field.clone()),
    }
}

fn flipped(bytes: &[u8], random: &mut Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    match bytes.len() {
        0 => bytes.push(random.u8(..)),
        length => bytes[random.usize(..length)] ^= 1 << random.u8(..8),
    }
    bytes
}

/// The fields, if the bytes may be a message.
fn parsed(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes).filter(|tag| *tag > 7)?;
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut bytes)?),
            1 => Value::Fixed(split(&mut bytes, 8)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                Value::Bytes(split(&mut bytes, length)?)
            }
            5 => Value::Fixed(split(&mut bytes, 4)?),
            _ => return None,
        };
        fields.push(Field { tag, value });
    }
    Some(fields)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    prost::encoding::decode_varint(bytes).ok()
}

fn split(bytes: &mut &[u8], length: usize) -> Option<Vec<u8>> {
    let (first, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(first.to_vec())
}

fn encoded(fields: &[Field]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for Field { tag, value } in fields {
        prost::encoding::encode_varint(*tag, &mut bytes);
        match value {
            Value::Number(number) => prost::encoding::encode_varint(*number, &mut bytes),
            Value::Fixed(fixed) => bytes.extend(fixed),
            Value::Bytes(inner) => {
                prost::encoding::encode_varint(inner.len() as u64, &mut bytes);
                bytes.extend(inner);
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_parsed_is_encoded_as_it_was() {
        let message = [8, 150, 1, 18, 3, b'a', b'b', b'c', 29, 1, 2, 3, 4];
        assert_eq!(encoded(&parsed(&message).unwrap()), message);
        assert!(parsed(&[10, 5, 1]).is_none());
    }

    #[test]
    fn a_seed_has_one_mutation() {
        let message = [8, 150, 1, 18, 3, b'a', b'b', b'c'];
        let with = |seed| mutated(&message, &message, &mut Rng::with_seed(seed));
        assert_eq!(with(7), with(7));
        let different: std::collections::BTreeSet<_> = (0..100).map(with).collect();
        assert!(different.len() > 20, "{}", different.len());
    }
}
