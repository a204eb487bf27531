//! Plain JSON over HTTP, as one gets it wrong with curl.

use guide::English;
use guide::greeter::v1::GreeterServer;
use guide::grpc::reflection::v1::FileDescriptorResponse;
use micro_runtime::codec::{Codec, Json};
use micro_runtime::service::Running;
use micro_runtime::transport::Limits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::log::Log;
use crate::stranger::{ask, until_closed};
use crate::table::Table;
use crate::world::World;

const HELLO: &str = "POST /greeter.v1.Greeter/Hello";
const JSON: &str = "content-type: application/json";

pub(crate) async fn rows(table: &mut Table) {
    table.section("Plain JSON over HTTP");
    let (_world, node) = World::with_node().await;
    json(table, &node).await;
    content_types(table, &node).await;
    methods(table, &node).await;
    queries(table, &node).await;
    limits(table, &node).await;
    strangers(table, &node).await;
}

async fn hello(node: &Running, body: &str) -> String {
    ask(node, HELLO, &[JSON], body).await
}

async fn json(table: &mut Table, node: &Running) {
    for (wrong, body) in [
        ("forgot a quote", r#"{"name":"Ann}"#),
        ("wrote a number where a text is wanted", r#"{"name":7}"#),
        ("wrote a number that does not fit", r#"{"delayMs":4294967296}"#),
        ("named a value that its enum lacks", r#"{"tone":"TONE_RUDE"}"#),
        ("sent a list of messages", r#"[{"name":"Ann"}]"#),
        ("sent nothing", ""),
    ] {
        table.row(wrong, &format!("curl -d '{body}' …"), hello(node, body).await);
    }
    let mut message = FileDescriptorResponse::default();
    let text = r#"{"fileDescriptorProto":["?"]}"#;
    let error = Json.decode(text.into(), &mut message).unwrap_err();
    table.row("wrote bytes that are no base64", text, error);
}

async fn content_types(table: &mut Table, node: &Running) {
    for (wrong, how, fields) in [
        ("sent no content type", "curl -H 'content-type:' …", &[][..]),
        (
            "left the content type to curl",
            "curl -d '{}' …",
            &["content-type: application/x-www-form-urlencoded"][..],
        ),
        (
            "sent what no codec reads",
            "curl -H 'content-type: text/yaml' …",
            &["content-type: text/yaml"][..],
        ),
        (
            "spoke gRPC over HTTP/1.1",
            "curl -H 'content-type: application/grpc' …",
            &["content-type: application/grpc"][..],
        ),
        (
            "compressed the message",
            "curl -H 'content-encoding: gzip' …",
            &[JSON, "content-encoding: gzip"][..],
        ),
    ] {
        table.row(wrong, how, ask(node, HELLO, fields, "{}").await);
    }
}

async fn methods(table: &mut Table, node: &Running) {
    for (wrong, what) in [
        ("misspelt the method", "POST /greeter.v1.Greeter/Helo"),
        ("left the package out", "POST /Greeter/Hello"),
        ("asked for the root", "GET /"),
        ("used GET for a method that is not marked", "GET /greeter.v1.Greeter/Sign"),
        ("used a verb that calls nothing", "PUT /greeter.v1.Greeter/Hello"),
        ("called a method that answers with a stream", "POST /greeter.v1.Greeter/Watch"),
    ] {
        table.row(wrong, what, ask(node, what, &[JSON], "{}").await);
    }
}

async fn queries(table: &mut Table, node: &Running) {
    for (wrong, query) in [
        ("left a '%' as it is", "message=%7B%22name%22:%22100%%22%7D"),
        ("said base64 of what is none", "message={}&base64=1"),
        ("asked for a codec that is not there", "encoding=yaml&message={}"),
    ] {
        let what = format!("GET /greeter.v1.Greeter/Hello?{query}");
        let read = ask(node, &what, &[], "").await;
        table.row(wrong, &format!("GET …/Hello?{query}"), read);
    }
}

async fn limits(table: &mut Table, node: &Running) {
    let timeout = "connect-timeout-ms: 5s";
    let read = ask(node, HELLO, &[JSON, timeout], "{}").await;
    table.row("gave a unit where milliseconds are meant", timeout, read);

    let world = World::new();
    let strict = world.service().limits(Limits::default().max_receive(1_000));
    let strict = strict.handle(GreeterServer::new(English)).build().unwrap().start().await.unwrap();
    let long = format!(r#"{{"name":"{}"}}"#, "Ann ".repeat(500));
    let read = hello(&strict, &long).await;
    table.row("sent more than the service takes", "service.limits(…)", read);
}

/// What is no HTTP is not answered: the node's log tells of it, at the level of debugging.
async fn strangers(table: &mut Table, node: &Running) {
    for (wrong, how, bytes) in [
        ("spoke TLS", "curl https://127.0.0.1:8080/", &b"\x16\x03\x01\x02\x00"[..]),
        ("spoke no HTTP at all", "ssh -p 8080 127.0.0.1", &b"SSH-2.0-OpenSSH_9.2\r\n"[..]),
    ] {
        let log = Log::start();
        let mut socket = TcpStream::connect(node.address().to_string()).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        assert_eq!(until_closed(&mut socket).await, "", "there is no answer in HTTP");
        table.row(wrong, how, log.finish());
    }
}
