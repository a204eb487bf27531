//! The service that is called, by hand as generated code would be.

use std::sync::Arc;

use micro_runtime::codegen::{
    Answer, Bytes, BytesMut, DecodeError, Dispatch, EncodeError, FileDesc, Idempotency, Kind,
    MethodDesc, Payload, ServerCall, ServiceDesc, client_stream, prost, server_stream, unary,
};
use micro_runtime::json::{self, JsonMessage, Plain};
use micro_runtime::server::ServerBuilder;
use micro_runtime::{BoxFuture, Context, Result, Server, Streaming};

#[derive(Clone, PartialEq, prost::Message)]
#[prost(prost_path = "micro_runtime::codegen::prost")]
pub(crate) struct Item {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(uint32, tag = "2")]
    pub(crate) in_stock: u32,
}

pub(crate) fn item(name: &str) -> Item {
    Item { name: name.to_owned(), in_stock: 0 }
}

impl JsonMessage for Item {
    const FIELDS: &'static [(&'static str, u16)] = &[("inStock", 1), ("in_stock", 1), ("name", 0)];

    fn write_fields(&self, out: &mut Vec<u8>) -> Result<(), json::Error> {
        json::put::<Plain, _>(out, "name", &self.name)?;
        json::put::<Plain, _>(out, "inStock", &self.in_stock)
    }

    fn read_field(&mut self, field: u16, reader: &mut json::Reader<'_>) -> Result<(), json::Error> {
        match field {
            0 => json::get::<Plain, _>(reader, &mut self.name),
            _ => json::get::<Plain, _>(reader, &mut self.in_stock),
        }
    }
}

impl Payload for Item {
    fn full_name(&self) -> &'static str {
        "shop.v1.Item"
    }
    fn encoded_len(&self) -> usize {
        prost::Message::encoded_len(self)
    }
    fn encode(&self, out: &mut BytesMut) {
        prost::Message::encode_raw(self, out);
    }
    fn merge(&mut self, bytes: Bytes) -> Result<(), DecodeError> {
        prost::Message::merge(self, bytes).map_err(DecodeError::from_cause)
    }
    fn write_json(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        json::write(self, out)
    }
    fn merge_json(&mut self, text: &[u8]) -> Result<(), DecodeError> {
        json::merge(self, text)
    }
}

macro_rules! method {
    ($kind:ident, $name:literal) => {
        MethodDesc::new(
            Kind::$kind,
            $name,
            concat!("Shop.", $name),
            concat!("/shop.v1.Shop/", $name),
            "shop.v1.Item",
            "shop.v1.Item",
        )
    };
}

static METHODS: [MethodDesc; 4] = [
    method!(Unary, "Find").idempotency(Idempotency::NoSideEffects),
    method!(Unary, "Buy"),
    method!(ServerStream, "Watch").idempotency(Idempotency::NoSideEffects),
    method!(ClientStream, "Fill"),
];
static FILE: FileDesc = FileDesc::new("shop.proto", &[], &[]);
static SERVICE: ServiceDesc = ServiceDesc::new("Shop", "shop.v1.Shop", &METHODS, &FILE);

type Handler = Arc<dyn Fn(Context, Item) -> BoxFuture<Result<Item>> + Send + Sync>;

/// A handler for both unary methods.
#[derive(Clone)]
pub(crate) struct Shop(Handler);

impl Shop {
    pub(crate) fn new<F, Fut>(handler: F) -> Self
    where
        F: Fn(Context, Item) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Item>> + Send + 'static,
    {
        Self(Arc::new(move |context, request| Box::pin(handler(context, request))))
    }

    /// Gives back what it gets.
    pub(crate) fn echo() -> Self {
        Self::new(|_, request| std::future::ready(Ok(request)))
    }

    pub(crate) fn server(self) -> ServerBuilder {
        Server::builder().handle(self)
    }

    pub(crate) async fn start(self) -> Server {
        self.server().start().await.unwrap()
    }
}

impl Dispatch for Shop {
    fn descriptor(&self) -> &'static ServiceDesc {
        &SERVICE
    }

    fn dispatch(&self, method: usize, call: ServerCall) -> Answer {
        let handler = Arc::clone(&self.0);
        match method {
            2 => server_stream::<Item, Item, _, _>(call, |_, request| async move {
                Ok(Streaming::from_items([request]))
            }),
            3 => client_stream::<Item, Item, _, _>(call, |_, _| async { Ok(Item::default()) }),
            _ => unary::<Item, Item, _, _>(call, move |context, request| handler(context, request)),
        }
    }
}
