//! Messages to bytes and back, by the name of a content type.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use crate::error::Error;

mod json;
mod proto;

pub use json::Json;
pub use proto::Protobuf;

/// A message that generated code can carry: protobuf and canonical proto3 JSON, without naming a library.
///
/// The generator implements it for each message, so a codec written by a stranger works with all of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no message that can be sent",
    label = "wanted a generated message",
    note = "messages are what the generator makes of a `.proto` file; a text can be `micro_runtime::wkt::StringValue`"
)]
pub trait Payload: Any + fmt::Debug + Send + Sync {
    /// The full protobuf name, such as `greeter.v1.HelloRequest`.
    fn full_name(&self) -> &'static str;

    /// The exact length of the protobuf encoding, in bytes.
    fn encoded_len(&self) -> usize;

    /// Appends the protobuf encoding: [`encoded_len`](Self::encoded_len) bytes.
    fn encode(&self, out: &mut BytesMut);

    /// Merges a protobuf encoding into this message, as protobuf defines merging.
    ///
    /// # Errors
    /// If the bytes are no encoding of this message; some fields may be merged then.
    fn merge(&mut self, bytes: Bytes) -> Result<(), DecodeError>;

    /// Appends the canonical proto3 JSON text.
    ///
    /// # Errors
    /// If a value has no JSON form.
    fn write_json(&self, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Merges proto3 JSON text into this message.
    ///
    /// # Errors
    /// If the text is no JSON of this message, naming the field and what it wanted.
    fn merge_json(&mut self, text: &[u8]) -> Result<(), DecodeError>;
}

/// A way to write messages as bytes, chosen by name: the `proto` of `application/grpc+proto` and
/// `application/proto`.
///
/// ```
/// use bytes::{Bytes, BytesMut};
/// use micro_runtime::codec::{Codec, DecodeError, EncodeError, Payload};
///
/// /// Protobuf, each byte as two hexadecimal digits.
/// #[derive(Debug)]
/// struct Hex;
///
/// impl Codec for Hex {
///     fn name(&self) -> &'static str {
///         "hex"
///     }
///     fn encode(&self, payload: &dyn Payload, out: &mut BytesMut) -> Result<(), EncodeError> {
///         let mut raw = BytesMut::new();
///         payload.encode(&mut raw);
///         raw.iter().for_each(|byte| out.extend_from_slice(format!("{byte:02x}").as_bytes()));
///         Ok(())
///     }
///     fn decode(&self, bytes: Bytes, payload: &mut dyn Payload) -> Result<(), DecodeError> {
///         let text = std::str::from_utf8(&bytes).map_err(DecodeError::from_cause)?;
///         let byte = |at| u8::from_str_radix(text.get(at..at + 2).unwrap_or("?"), 16);
///         let raw: Result<Vec<u8>, _> = (0..text.len()).step_by(2).map(byte).collect();
///         payload.merge(raw.map_err(DecodeError::from_cause)?.into())
///     }
/// }
/// ```
pub trait Codec: fmt::Debug + Send + Sync + 'static {
    /// The name, in lower case: the subtype of the content type.
    fn name(&self) -> &'static str;

    /// Appends the encoded message to `out`, leaving alone what `out` holds already.
    ///
    /// # Errors
    /// If the message has no form in this encoding.
    fn encode(&self, payload: &dyn Payload, out: &mut BytesMut) -> Result<(), EncodeError>;

    /// Merges the encoded message into `payload`, which is usually empty.
    ///
    /// # Errors
    /// If the bytes are no encoding of that message.
    fn decode(&self, bytes: Bytes, payload: &mut dyn Payload) -> Result<(), DecodeError>;

    /// A hint for how many bytes the encoding takes; exact hints save an allocation.
    fn size_hint(&self, payload: &dyn Payload) -> usize {
        payload.encoded_len()
    }
}

macro_rules! codec_error {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name {
            message: String,
            cause: Option<Box<dyn StdError + Send + Sync>>,
        }

        impl $name {
            /// An error with a text that names the field, if there is one, and what was wanted.
            pub fn new(message: impl Into<String>) -> Self {
                Self { message: message.into(), cause: None }
            }

            /// An error with the text of its cause.
            pub fn from_cause(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
                let cause = cause.into();
                Self { message: cause.to_string(), cause: Some(cause) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.message)
            }
        }

        impl StdError for $name {
            fn source(&self) -> Option<&(dyn StdError + 'static)> {
                self.cause.as_ref().map(|cause| &**cause as &(dyn StdError + 'static))
            }
        }
    };
}

codec_error! {
    /// Why a message could not be written.
    EncodeError
}
codec_error! {
    /// Why bytes could not be read as a message.
    DecodeError
}

/// The content type of what a codec writes, where it stands by itself.
pub(crate) fn content_type(codec: &dyn Codec) -> String {
    match codec.name() {
        "proto" => "application/protobuf".to_owned(),
        name => format!("application/{name}"),
    }
}

/// The codecs that a client or server speaks: protobuf and JSON, and those that were added.
#[derive(Clone, Debug)]
pub struct Codecs(Arc<[Arc<dyn Codec>]>);

impl Default for Codecs {
    fn default() -> Self {
        Self(Arc::new([Arc::new(Protobuf), Arc::new(Json)]))
    }
}

impl Codecs {
    /// These codecs and one more, which goes first: it may replace one of the same name.
    #[must_use]
    pub fn with(self, codec: Arc<dyn Codec>) -> Self {
        Self(std::iter::once(codec).chain(self.0.iter().cloned()).collect())
    }

    /// The codec called `name`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<dyn Codec>> {
        self.0.iter().find(|codec| codec.name().eq_ignore_ascii_case(name))
    }

    /// The codec called `name`, for a peer that asks for it.
    ///
    /// # Errors
    /// `unimplemented`, naming those that there are, if there is none.
    pub fn named(&self, name: &str) -> Result<&Arc<dyn Codec>, Error> {
        self.find(name).ok_or_else(|| {
            let known = self.names().collect::<Vec<_>>().join(", ");
            Error::unimplemented(format!("no codec here is called {name:?}; there are: {known}"))
        })
    }

    /// The codec for a content type such as `application/json` or, as go-micro writes it,
    /// `application/grpc+proto`.
    ///
    /// # Errors
    /// `unimplemented`, naming those that there are, if there is none.
    pub fn for_content_type(&self, content_type: &str) -> Result<&Arc<dyn Codec>, Error> {
        let bare = content_type.split(';').next().unwrap_or_default().trim();
        let name = bare.strip_prefix("application/").unwrap_or(bare);
        match name.strip_prefix("grpc+").unwrap_or(name) {
            "protobuf" | "x-protobuf" | "octet-stream" | "grpc" => self.named("proto"),
            name => self.named(name),
        }
    }

    /// The names of all codecs.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|codec| codec.name())
    }
}
