//! Typed details: what a program can read of an error.

use bytes::{Bytes, BytesMut};

use crate::codec::{DecodeError, Payload};

/// What the names of types stand behind; nobody looks anything up there.
const PREFIX: &str = "type.googleapis.com/";

/// A typed detail of an error: a protobuf message and its type, as in `google.rpc.Status.details`.
///
/// Any generated message can be one; the messages of [`rpc`](crate::rpc) are understood everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    type_url: String,
    value: Bytes,
}

impl Detail {
    /// A detail from its type URL (`type.googleapis.com/` and a full message name) and protobuf bytes.
    pub fn new(type_url: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self { type_url: type_url.into(), value: value.into() }
    }

    /// A message as a detail.
    ///
    /// ```
    /// use micro_runtime::rpc::RequestInfo;
    /// use micro_runtime::{Detail, Error};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let request = RequestInfo { request_id: "7f".to_owned(), ..RequestInfo::default() };
    /// let error = Error::internal("no greeting").with_detail(Detail::pack(&request));
    /// assert_eq!(error.detail::<RequestInfo>()?, Some(request));
    /// # Ok(()) }
    /// ```
    pub fn pack(message: &dyn Payload) -> Self {
        let mut value = BytesMut::with_capacity(message.encoded_len());
        message.encode(&mut value);
        Self::new(format!("{PREFIX}{}", message.full_name()), value)
    }

    /// The message; `None` if it is one of another type.
    ///
    /// # Errors
    /// If the bytes are no encoding of that type.
    pub fn unpack<M: Payload + Default>(&self) -> Result<Option<M>, DecodeError> {
        let mut message = M::default();
        if self.type_url.rsplit('/').next() != Some(message.full_name()) {
            return Ok(None);
        }
        message.merge(self.value.clone())?;
        Ok(Some(message))
    }

    /// The type URL; what follows its last slash is the full name of the message.
    #[must_use]
    pub fn type_url(&self) -> &str {
        &self.type_url
    }

    /// The message in protobuf encoding.
    #[must_use]
    pub fn value(&self) -> &Bytes {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::rpc::{ErrorInfo, Help, RetryInfo};

    #[test]
    fn a_detail_is_found_by_its_type_among_others() {
        let info = ErrorInfo { reason: "STOCK_EMPTY".to_owned(), ..ErrorInfo::default() };
        let error = Error::failed_precondition("none left")
            .with_detail(Detail::pack(&Help::default()))
            .with_detail(Detail::pack(&info));
        assert_eq!(error.details()[1].type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
        assert_eq!(error.detail::<ErrorInfo>().unwrap(), Some(info));
        assert_eq!(error.detail::<RetryInfo>().unwrap(), None);
    }

    #[test]
    fn a_broken_detail_is_an_error_and_not_a_missing_one() {
        let broken = Detail::new("example.com/google.rpc.Help", vec![0xff]);
        assert!(broken.unpack::<Help>().is_err());
        assert_eq!(broken.unpack::<RetryInfo>().unwrap(), None);
    }
}
