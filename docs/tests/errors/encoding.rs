//! Messages that are none.

use guide::greeter::v1::{GreeterClient, SignRequest};
use micro_runtime::Error;

use crate::raw::Raw;
use crate::table::Table;
use crate::world::World;

pub(crate) async fn rows(table: &mut Table) {
    table.section("Messages and encodings");
    let (world, _node) = World::with_node().await;
    let wrong: [(&str, &str, &[u8]); 3] = [
        ("sent text that is not UTF-8", r#"SignRequest { id: b"\xff" }"#, b"\x0a\x01\xff"),
        ("gave a field another type", "message SignRequest { uint32 id = 1; }", b"\x08\x01"),
        ("cut a message off", "message[..5]", b"\x0a\x09Ann"),
    ];
    for (wrong, how, bytes) in wrong {
        table.row(wrong, how, sign(&world, Raw { name: "proto", bytes }).await);
    }
    for (wrong, text) in [
        ("wrote a number where a text is wanted", r#"{"id": 7}"#),
        ("wrote a number that does not fit", r#"{"stars": -1}"#),
        ("did so in an element of a list", r#"{"address": {"lines": ["a", 2]}}"#),
        ("set two members of a oneof", r#"{"email": "a@b", "address": {}}"#),
        ("wrote a field twice", r#"{"id": "a", "id": "b"}"#),
        ("forgot a quote", r#"{"id": "a}"#),
    ] {
        let error = sign(&world, Raw { name: "json", bytes: text.as_bytes() }).await;
        table.row(wrong, text, error);
    }
    let error = sign(&world, Raw { name: "msgpack", bytes: b"" }).await;
    table.row("used a codec that the service lacks", "client.codec(MessagePack)", error);
}

async fn sign(world: &World, codec: Raw) -> Error {
    let client = world.client().codec(codec).build().unwrap();
    GreeterClient::new("greeter", client).sign(SignRequest::default()).await.unwrap_err()
}
