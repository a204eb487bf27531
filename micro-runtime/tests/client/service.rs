//! A small service by hand, as generated code would be, and worlds of nodes that serve it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use micro_runtime::client::ClientBuilder;
use micro_runtime::codegen::{
    Answer, Bytes, BytesMut, Call, DecodeError, Dispatch, EncodeError, FileDesc, Idempotency, Kind,
    MethodDesc, Payload, ServerCall, ServiceDesc, Target, client_stream, prost, server_stream,
    unary,
};
use micro_runtime::service::{Running, ServiceBuilder};
use micro_runtime::{BoxFuture, Client, Context, Error, Result, Streaming, channel};

#[derive(Clone, PartialEq, prost::Message)]
#[prost(prost_path = "micro_runtime::codegen::prost")]
pub(crate) struct Text {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

pub(crate) fn text(text: &str) -> Text {
    Text { text: text.to_owned() }
}

impl Payload for Text {
    fn full_name(&self) -> &'static str {
        "test.Text"
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
    fn write_json(&self, _: &mut Vec<u8>) -> Result<(), EncodeError> {
        Err(EncodeError::new("no JSON"))
    }
    fn merge_json(&mut self, _: &[u8]) -> Result<(), DecodeError> {
        Err(DecodeError::new("no JSON"))
    }
}

macro_rules! method {
    ($kind:ident, $name:literal) => {
        MethodDesc::new(
            Kind::$kind,
            $name,
            concat!("Test.", $name),
            concat!("/test.Test/", $name),
            "test.Text",
            "test.Text",
        )
    };
}

static METHODS: [MethodDesc; 5] = [
    method!(Unary, "Read").idempotency(Idempotency::NoSideEffects),
    method!(Unary, "Write"),
    method!(ServerStream, "Watch"),
    method!(Unary, "Missing"),
    method!(ClientStream, "Gather"),
];
static FILE: FileDesc = FileDesc::new("test.proto", &[], &[]);
static SERVICE: ServiceDesc = ServiceDesc::new("Test", "test.Test", &METHODS, &FILE);

type Handler = Arc<dyn Fn(Context, Text) -> BoxFuture<Result<Text>> + Send + Sync>;

/// A node's handler for both unary methods; `Watch` sends the text for ever.
#[derive(Clone)]
pub(crate) struct Handled(Handler);

impl Handled {
    pub(crate) fn new<F, Fut>(handler: F) -> Self
    where
        F: Fn(Context, Text) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Text>> + Send + 'static,
    {
        Self(Arc::new(move |context, request| Box::pin(handler(context, request))))
    }

    /// Answers with a fixed text.
    pub(crate) fn says(answer: &str) -> Self {
        let answer = text(answer);
        Self::new(move |_, _| std::future::ready(Ok(answer.clone())))
    }

    /// Fails as a connection that is lost in the middle of a call does, and counts how often.
    pub(crate) fn loses(count: &Arc<AtomicUsize>) -> Self {
        let count = Arc::clone(count);
        Self::new(move |_, _| {
            count.fetch_add(1, Ordering::SeqCst);
            std::future::ready(Err(Error::unavailable("try another")))
        })
    }
}

impl Dispatch for Handled {
    fn descriptor(&self) -> &'static ServiceDesc {
        &SERVICE
    }

    fn dispatch(&self, method: usize, call: ServerCall) -> Answer {
        let handler = Arc::clone(&self.0);
        match method {
            0 | 1 => {
                unary::<Text, Text, _, _>(call, move |context, request| handler(context, request))
            }
            2 => server_stream::<Text, Text, _, _>(call, |_, request| async move {
                let (sender, stream) = channel(1);
                tokio::spawn(async move { while sender.send(request.clone()).await.is_ok() {} });
                Ok(stream)
            }),
            4 => client_stream::<Text, Text, _, _>(call, |_, requests| gather(requests)),
            other => micro_runtime::codegen::unknown_method(other),
        }
    }
}

/// Joins the texts of a caller's stream.
async fn gather(mut requests: Streaming<Text>) -> Result<Text> {
    let mut all = String::new();
    while let Some(request) = requests.message().await? {
        all.push_str(&request.text);
    }
    Ok(text(&all))
}

/// What a generated client would be.
#[derive(Clone)]
pub(crate) struct TestClient(Target);

impl TestClient {
    pub(crate) fn new(service: &str, client: Client) -> Self {
        Self(Target::new(service, client))
    }
    pub(crate) fn read(&self, request: &str) -> Call<Text> {
        Call::<Text>::unary(&self.0, &METHODS[0], text(request))
    }
    pub(crate) fn write(&self, request: &str) -> Call<Text> {
        Call::<Text>::unary(&self.0, &METHODS[1], text(request))
    }
    pub(crate) fn watch(&self, request: &str) -> Call<Streaming<Text>> {
        Call::<Streaming<Text>>::server_stream(&self.0, &METHODS[2], text(request))
    }
    pub(crate) fn gather(&self, requests: Streaming<Text>) -> Call<Text> {
        Call::<Text>::client_stream::<Text>(&self.0, &METHODS[4], requests)
    }
    pub(crate) fn missing(&self) -> Call<Text> {
        Call::<Text>::unary(&self.0, &METHODS[3], text(""))
    }
}

/// Nodes and clients of this service, in a world of their own.
#[derive(Clone, Default)]
pub(crate) struct World(pub(crate) micro_runtime::testing::World);

impl World {
    pub(crate) fn service(&self, name: &str, id: &str) -> ServiceBuilder {
        self.0.service(name).id(id)
    }

    /// A node of a service.
    pub(crate) async fn node(&self, name: &str, id: &str, handled: Handled) -> Running {
        self.service(name, id).handle(handled).build().unwrap().start().await.unwrap()
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        self.0.client()
    }

    pub(crate) fn client(&self, name: &str) -> TestClient {
        TestClient::new(name, self.builder().build().unwrap())
    }
}
