//! What options change, where Rust sees it.

use micro_runtime::codegen::{Bytes, Streaming};
use micro_runtime::{Context, Result};

use super::generated::options::t::{In, Message, SClient, SHandler, message};

struct Echo;

// Every method, since handlers are strict here.
impl SHandler for Echo {
    async fn fetch(&self, _: Context, request: Message) -> Result<In> {
        Ok(In { x: request.counts["a"] })
    }

    async fn watch(&self, _: Context, _: Streaming<Message>) -> Result<Streaming<In>> {
        Ok(Streaming::new(tokio_stream::empty()))
    }
}

#[tokio::test]
async fn options_change_types_and_names_and_nothing_on_the_wire() {
    let counts = std::collections::BTreeMap::from([("a".to_owned(), 7)]);
    let request = Message {
        data: Bytes::from_static(b"x"),
        counts,
        inner: Some(Box::new(In { x: 1 })),
        kind: Some(message::Kind::Blob(Bytes::from_static(b"y"))),
        ..Message::default()
    };
    let text = serde_json::to_string(&request).unwrap();
    assert_eq!(text, r#"{"data":"eA==","counts":{"a":7},"inner":{"x":1},"blob":"eQ=="}"#);
    assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), request);
    assert_eq!(micro_runtime::codec::Payload::full_name(&request), "t.M");
    assert!(format!("{request:?}").contains("counts"));
    assert_eq!(SClient::in_process(Echo).fetch(request).await.unwrap(), In { x: 7 });
}
