//! Metadata in header fields, as gRPC and Connect have it: binary values as base64 under names that end in `-bin`.

use bytes::Bytes;

use super::exchange::Fields;
use crate::base64;
use crate::metadata::{LazyMetadata, Metadata, MetadataSource, is_reserved};

/// Received fields as metadata, decoded when somebody looks.
pub(super) fn lazy(fields: Fields) -> LazyMetadata {
    LazyMetadata::new(Box::new(Received(fields)))
}

/// Received fields as metadata.
pub(super) fn read(fields: &Fields) -> Metadata {
    let mut metadata = Metadata::new();
    for (name, value) in fields.iter().filter(|(name, _)| !is_reserved(name)) {
        if name.ends_with("-bin") {
            // Several binary values may come as one, separated by commas.
            for part in value.split(|byte| *byte == b',') {
                let decoded = base64::decode(part.trim_ascii());
                decoded
                    .into_iter()
                    .for_each(|raw| metadata.push_received(name.to_owned(), raw.into()));
            }
        } else {
            metadata.push_received(name.to_owned(), Bytes::copy_from_slice(value));
        }
    }
    metadata
}

/// Adds metadata to fields that are to be sent.
pub(super) fn write(metadata: &Metadata, fields: &mut Fields) {
    metadata.iter().for_each(|(key, value)| push(fields, key, key, value));
}

/// The same with `prefix` in front of each name.
pub(super) fn write_behind(prefix: &str, metadata: &Metadata, fields: &mut Fields) {
    metadata.iter().for_each(|(key, value)| push(fields, &format!("{prefix}{key}"), key, value));
}

fn push(fields: &mut Fields, name: &str, key: &str, value: &Bytes) {
    let sent = if key.ends_with("-bin") {
        fields.push(name, base64::encode(value))
    } else {
        fields.push(name, value.clone())
    };
    debug_assert!(sent, "metadata checks its keys and values when they are added");
}

#[derive(Debug)]
struct Received(Fields);

impl MetadataSource for Received {
    fn read(&self) -> Metadata {
        read(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_binary_values_survive_the_way() {
        let mut sent = Metadata::new();
        sent.append("x-text", "a").unwrap();
        sent.append("x-text", "b").unwrap();
        sent.append("x-raw-bin", vec![0, 255, 7]).unwrap();
        let mut fields = Fields::default();
        fields.push_static("content-type", "application/grpc");
        write(&sent, &mut fields);
        assert_eq!(read(&fields), sent);
    }

    #[test]
    fn one_field_may_hold_several_binary_values() {
        let mut fields = Fields::default();
        assert!(fields.push("x-bin", "AQ==, Ag"));
        let received = read(&fields);
        let values: Vec<_> = received.get_all_bytes("x-bin").map(|value| value.to_vec()).collect();
        assert_eq!(values, [[1], [2]]);
    }
}
