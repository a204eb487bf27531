//! Custom options: prost forgets extensions, so the same bytes are read again as messages that declare them.

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct File {
    #[prost(message, repeated, tag = "4")]
    pub(super) message_type: Vec<Message>,
    #[prost(message, repeated, tag = "6")]
    pub(super) service: Vec<Service>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Message {
    #[prost(message, repeated, tag = "3")]
    pub(super) nested_type: Vec<Self>,
    #[prost(message, optional, tag = "7")]
    pub(super) options: Option<MessageOptions>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct MessageOptions {
    /// `micro.topic`, see `proto/micro/options.proto`.
    #[prost(message, optional, tag = "51970")]
    pub(super) topic: Option<Topic>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Topic {
    #[prost(string, tag = "1")]
    pub(super) name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Service {
    #[prost(message, repeated, tag = "2")]
    pub(super) method: Vec<Method>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Method {
    #[prost(message, optional, tag = "4")]
    pub(super) options: Option<MethodOptions>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct MethodOptions {
    /// `google.api.http`, see `proto/google/api/annotations.proto`.
    #[prost(message, optional, tag = "72295728")]
    pub(super) http: Option<HttpRule>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct HttpRule {
    #[prost(string, tag = "1")]
    pub(super) selector: String,
    #[prost(oneof = "Pattern", tags = "2, 3, 4, 5, 6, 8")]
    pub(super) pattern: Option<Pattern>,
    #[prost(string, tag = "7")]
    pub(super) body: String,
    #[prost(string, tag = "12")]
    pub(super) response_body: String,
    #[prost(message, repeated, tag = "11")]
    pub(super) additional_bindings: Vec<Self>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Pattern {
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

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Custom {
    #[prost(string, tag = "1")]
    pub(super) kind: String,
    #[prost(string, tag = "2")]
    pub(super) path: String,
}
