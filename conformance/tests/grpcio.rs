//! Python's grpcio calls our server, and our client calls a grpcio server.
//!
//! `cargo xtask test` installs grpcio and names the interpreter in `MICRO_TEST_PYTHON`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use conformance::Interop;
use conformance::interop::v1::{
    CountRequest, EchoRequest, FailRequest, InteropClient, InteropServer,
};
use micro_runtime::registry::FixedRegistry;
use micro_runtime::{Address, Client, Code, Server, Streaming, channel};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// What the Python client checks, in order.
const CHECKS: [&str; 20] = [
    "unary",
    "large message",
    "empty message",
    "headers",
    "trailers",
    "status code",
    "status message",
    "trailers with an error",
    "unimplemented method",
    "unimplemented service",
    "deadline exceeded",
    "the server sees the deadline",
    "cancelled",
    "the server sees the cancellation",
    "server stream",
    "an error after messages",
    "client stream",
    "empty client stream",
    "both ways",
    "a cancelled stream",
];

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn interpreter() -> PathBuf {
    let named = std::env::var_os("MICRO_TEST_PYTHON");
    named.expect("MICRO_TEST_PYTHON names a Python with grpcio; cargo xtask test sets it up").into()
}

/// A script, with the generated Python modules in its path.
async fn python(script: &str) -> Command {
    let modules = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{script}.modules"));
    std::fs::create_dir_all(&modules).expect("a folder for generated modules");
    let proto = here().join("proto");
    let status = Command::new(interpreter())
        .args(["-m", "grpc_tools.protoc", "-I"])
        .arg(&proto)
        .arg(format!("--python_out={}", modules.display()))
        .arg(format!("--grpc_python_out={}", modules.display()))
        .arg(proto.join("interop/v1/interop.proto"))
        .status()
        .await
        .expect("python runs");
    assert!(status.success(), "grpc_tools.protoc generates modules");
    let mut command = Command::new(interpreter());
    command.arg(here().join("python").join(script)).env("PYTHONPATH", modules);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    command
}

#[tokio::test]
#[ignore = "needs grpcio: run by cargo xtask test"]
async fn a_grpcio_client_calls_all_kinds_and_sees_status_metadata_deadlines_and_cancellation() {
    let handler = InteropServer::new(Interop::default());
    let server = Server::builder().handle(handler).start().await.unwrap();
    let address = server.address().to_string();
    let output = python("client.py").await.arg(address).output().await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let held: Vec<_> = printed.lines().filter_map(|line| line.strip_prefix("ok ")).collect();
    assert_eq!(held, CHECKS);
    assert!(output.status.success());
}

/// A grpcio server, which ends with this value, and our client of it.
async fn grpcio_server() -> (Child, InteropClient) {
    let mut server = python("server.py").await.spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let port = lines.next_line().await.unwrap().unwrap().parse().unwrap();
    let registry = FixedRegistry::new().any_other([Address::host("127.0.0.1", port)]);
    let client = Client::builder().registry(Arc::new(registry)).build().unwrap();
    (server, InteropClient::new("interop", client))
}

fn text(text: &str) -> EchoRequest {
    EchoRequest { text: text.to_owned() }
}

#[tokio::test]
#[ignore = "needs grpcio: run by cargo xtask test"]
async fn our_client_calls_a_grpcio_server_with_metadata_and_sees_its_status() {
    let (_server, client) = grpcio_server().await;
    assert_eq!(client.echo(text("hello")).await.unwrap().text, "hello");
    let large = "x".repeat(3_000_000);
    assert_eq!(client.echo(text(&large)).await.unwrap().text, large);

    let call = client.echo(text("m")).metadata("x-echo", "a").metadata("x-echo", "b");
    let reply = call.metadata("x-echo-bin", vec![0, 255, 7]).full().await.unwrap();
    for received in [reply.headers(), reply.trailers()] {
        assert_eq!(received.get_all("x-echo").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(received.get_bytes("x-echo-bin").unwrap().as_ref(), [0, 255, 7]);
    }

    let message = "no “Ann” at 100 %\nsecond line".to_owned();
    let error = client.fail(FailRequest { code: 5, message: message.clone() }).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::NotFound, message.as_str()));
    assert_eq!(error.trailers().get("x-why"), Some("asked"));
    assert_eq!(client.missing(text("")).await.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test]
#[ignore = "needs grpcio: run by cargo xtask test"]
async fn a_grpcio_server_sees_our_deadlines_and_cancellations() {
    let (_server, client) = grpcio_server().await;
    let waiting = client.wait(text("")).timeout(Duration::from_millis(200));
    assert_eq!(waiting.await.unwrap_err().code(), Code::DeadlineExceeded);
    let given_up = CountRequest { limit: 1, fail: false };
    assert_eq!(client.given_up(given_up).await.unwrap().count, 1);

    let waiting = tokio::spawn(client.wait(text("")));
    // A later call that is answered shows that the server has the one before.
    client.echo(text("")).await.unwrap();
    waiting.abort();
    let given_up = CountRequest { limit: 2, fail: false };
    assert_eq!(client.given_up(given_up).await.unwrap().count, 2);
}

#[tokio::test]
#[ignore = "needs grpcio: run by cargo xtask test"]
async fn our_client_streams_with_a_grpcio_server() {
    let (_server, client) = grpcio_server().await;
    let mut counted = client.count(CountRequest { limit: 1_000, fail: false }).await.unwrap();
    for number in 0..1_000 {
        assert_eq!(counted.message().await.unwrap().unwrap().text, number.to_string());
    }
    assert!(counted.message().await.unwrap().is_none());

    let mut counted = client.count(CountRequest { limit: 3, fail: true }).await.unwrap();
    for _ in 0..3 {
        assert!(counted.message().await.unwrap().is_some());
    }
    assert_eq!(counted.message().await.unwrap_err().code(), Code::DataLoss);

    let letters = ["a", "b", "c"].repeat(100);
    let joined = client
        .join(Streaming::from_items(letters.iter().map(|letter| text(letter)).collect::<Vec<_>>()));
    assert_eq!(joined.await.unwrap().text, letters.concat());

    let (sender, requests) = channel(1);
    sender.send(text("first")).await.unwrap();
    let mut replies = client.talk(requests).await.unwrap();
    assert_eq!(replies.message().await.unwrap().unwrap().text, "first");
    for number in 0..100 {
        sender.send(text(&number.to_string())).await.unwrap();
        assert_eq!(replies.message().await.unwrap().unwrap().text, number.to_string());
    }
    drop(sender);
    assert!(replies.message().await.unwrap().is_none());
}
