//! `google.protobuf.Any`: a message of any type, as bytes.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::{Error, SerializeMap};
use serde::{Deserializer, Serializer};
use serde_json::{Map, Value as Json};

use crate::codec::{DecodeError, Payload};
use crate::json::{JsonValue, known, types};

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

/// An object that names the type, and holds the message's fields; or its value, where that is no object of fields.
impl JsonValue for Any {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if *self == Self::default() {
            return serializer.serialize_map(Some(0))?.end();
        }
        let (is_known_form, value) = self.json().map_err(S::Error::custom)?;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(TYPE, &self.type_url)?;
        match value {
            Json::Object(fields) if !is_known_form => {
                fields.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
            }
            value => map.serialize_entry(VALUE, &value)?,
        }
        map.end()
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = deserializer.deserialize_map(Fields)?;
        if fields.is_empty() {
            return Ok(Self::default());
        }
        let Some(Json::String(type_url)) = fields.remove(TYPE) else {
            return Err(known::wrong(
                "a google.protobuf.Any needs the name of its type as \"@type\"",
            ));
        };
        Self::from_json(type_url, fields).map_err(known::wrong)
    }
}

/// The field that names the type.
const TYPE: &str = "@type";
/// The field for a message whose JSON is no object of its fields.
const VALUE: &str = "value";

impl Any {
    /// The message as JSON, and whether it has a form of its own.
    fn json(&self) -> Result<(bool, Json), String> {
        let (mut message, is_known_form) = known_message(&self.type_url)?;
        let text = |error: &dyn std::fmt::Display| format!("{}: {error}", self.type_url);
        message.merge(self.value.clone().into()).map_err(|error| text(&error))?;
        let mut json = Vec::new();
        message.write_json(&mut json).map_err(|error| text(&error))?;
        Ok((is_known_form, serde_json::from_slice(&json).map_err(|error| text(&error))?))
    }

    fn from_json(type_url: String, mut fields: Map<String, Json>) -> Result<Self, String> {
        let (mut message, is_known_form) = known_message(&type_url)?;
        let json = if is_known_form {
            let value = fields.remove(VALUE).filter(|_| fields.is_empty());
            value.ok_or_else(|| format!("{type_url}: expected \"value\" and no other field"))?
        } else {
            Json::Object(fields)
        };
        let merged = message.merge_json(json.to_string().as_bytes());
        merged.map_err(|error| format!("{type_url}: {error}"))?;
        Ok(Self { type_url, ..Self::pack(&*message) })
    }
}

/// An empty message of the type that a URL names, and whether its JSON has a form of its own.
fn known_message(type_url: &str) -> Result<(Box<dyn Payload>, bool), String> {
    let name = type_url.rsplit_once('/').map(|(_, name)| name).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| {
        format!("{type_url:?} is no type such as type.googleapis.com/package.Message")
    })?;
    let found = types::find(name).ok_or_else(|| {
        format!("google.protobuf.Any of {name}: this type is not known here; add it with micro_runtime::json::Types")
    })?;
    let is_known_form =
        super::TYPES.iter().any(|known| known.name() == name) && name != "google.protobuf.Empty";
    Ok((found.empty(), is_known_form))
}

/// An object's fields, each once.
struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Map<String, Json>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Json>()? {
            if fields.contains_key(&name) {
                return Err(known::wrong(format_args!("field {name:?}: given twice")));
            }
            fields.insert(name, value);
        }
        Ok(fields)
    }
}
