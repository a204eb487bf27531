//! The custom options that prost drops, read from the same bytes through messages that declare them.

use prost::Message;

/// `CodeGeneratorRequest`, as far as its options are of interest.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Request {
    #[prost(message, repeated, tag = "15")]
    pub(crate) file: Vec<File>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct File {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "4")]
    pub(crate) message: Vec<MessageType>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) service: Vec<Service>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MessageType {
    #[prost(message, repeated, tag = "3")]
    pub(crate) nested: Vec<Self>,
    #[prost(message, optional, tag = "7")]
    pub(crate) options: Option<MessageOptions>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MessageOptions {
    /// `micro.topic`
    #[prost(message, optional, tag = "51970")]
    pub(crate) topic: Option<Topic>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Topic {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Service {
    #[prost(message, repeated, tag = "2")]
    pub(crate) method: Vec<Method>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Method {
    #[prost(message, optional, tag = "4")]
    pub(crate) options: Option<MethodOptions>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MethodOptions {
    /// `google.api.http`
    #[prost(message, optional, tag = "72295728")]
    pub(crate) http: Option<HttpRule>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct HttpRule {
    #[prost(oneof = "Pattern", tags = "2, 3, 4, 5, 6, 8")]
    pub(crate) pattern: Option<Pattern>,
    #[prost(string, tag = "7")]
    pub(crate) body: String,
    #[prost(string, tag = "12")]
    pub(crate) response_body: String,
    #[prost(message, repeated, tag = "11")]
    pub(crate) additional_bindings: Vec<Self>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Pattern {
    #[prost(string, tag = "2")]
    Get(String),
    #[prost(string, tag = "3")]
    Put(String),
    #[prost(string, tag = "4")]
    Post(String),
    #[prost(string, tag = "5")]
    Delete(String),
    #[prost(string, tag = "6")]
    Patch(String),
    #[prost(message, tag = "8")]
    Custom(Custom),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Custom {
    #[prost(string, tag = "1")]
    pub(crate) kind: String,
    #[prost(string, tag = "2")]
    pub(crate) path: String,
}
