//! `google.protobuf.Any`: a message of any type, as bytes.

use std::borrow::Cow;
use std::fmt;

use crate::codec::{DecodeError, Payload};
use crate::json::{Error, JsonValue, Reader, Scalar, text, types};

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
    fn write(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        out.push(b'{');
        if *self != Self::default() {
            self.write_fields(out)?;
        }
        text::close(out, b'}');
        Ok(())
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let (type_url, fields) = read_fields(reader)?;
        match type_url {
            Some(type_url) => Self::from_json(type_url, &fields).map_err(|why| reader.error(why)),
            None if fields.is_empty() => Ok(Self::default()),
            None => {
                Err(reader.error("a google.protobuf.Any needs the name of its type as \"@type\""))
            }
        }
    }
}

/// The field that names the type.
const TYPE: &str = "@type";
/// The field for a message whose JSON is no object of its fields.
const VALUE: &str = "value";

impl Any {
    fn write_fields(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        let (mut message, is_known_form) = known_message(&self.type_url).map_err(Error::new)?;
        let wrong =
            |error: &dyn fmt::Display| Error::new(format_args!("{}: {error}", self.type_url));
        message.merge(self.value.clone().into()).map_err(|error| wrong(&error))?;
        let mut json = Vec::new();
        message.write_json(&mut json).map_err(|error| wrong(&error))?;
        text::name(out, TYPE);
        self.type_url.write(out);
        out.push(b',');
        match json.strip_prefix(b"{").and_then(|json| json.strip_suffix(b"}")) {
            Some(b"") if !is_known_form => return Ok(()),
            Some(fields) if !is_known_form => out.extend_from_slice(fields),
            _ => {
                text::name(out, VALUE);
                out.extend_from_slice(&json);
            }
        }
        out.push(b',');
        Ok(())
    }

    fn from_json(type_url: String, fields: &[(Cow<'_, str>, &str)]) -> Result<Self, String> {
        let (mut message, is_known_form) = known_message(&type_url)?;
        let merged = match fields {
            [(name, value)] if is_known_form && name == VALUE => {
                message.merge_json(value.as_bytes())
            }
            _ if is_known_form => {
                return Err(format!("{type_url}: expected \"value\" and no other field"));
            }
            _ => message.merge_json(&object(fields)),
        };
        merged.map_err(|error| format!("{type_url}: {error}"))?;
        Ok(Self { type_url, ..Self::pack(&*message) })
    }
}

/// The name of the type, and the other fields as they stand in the text.
type Fields<'a> = (Option<String>, Vec<(Cow<'a, str>, &'a str)>);

fn read_fields<'a>(reader: &mut Reader<'a>) -> Result<Fields<'a>, Error> {
    let (mut type_url, mut fields) = (None, Vec::new());
    reader.open(b'{', "an object")?;
    while let Some(name) = reader.next_name()? {
        if name != TYPE {
            fields.push((name, reader.raw()?));
        } else if type_url.is_some() {
            return Err(reader.error("given twice").in_field(TYPE));
        } else {
            type_url = Some(Scalar::read(reader).map_err(|error: Error| error.in_field(TYPE))?);
        }
    }
    Ok((type_url, fields))
}

/// An object of these fields.
fn object(fields: &[(Cow<'_, str>, &str)]) -> Vec<u8> {
    let mut out = vec![b'{'];
    for (name, value) in fields {
        text::string(&mut out, name);
        out.push(b':');
        out.extend_from_slice(value.as_bytes());
        out.push(b',');
    }
    text::close(&mut out, b'}');
    out
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
