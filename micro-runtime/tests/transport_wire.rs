//! What a stranger may send to an HTTP port, and what comes back.

#[expect(dead_code, reason = "shared with the tests of clients")]
#[path = "client/service.rs"]
mod service;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use micro_runtime::Server;
use service::{Handled, Text, text};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// What a stranger gets: status, header fields, body, trailer fields.
struct Got {
    status: StatusCode,
    fields: HeaderMap,
    body: Vec<u8>,
    trailers: HeaderMap,
}

impl Got {
    fn field(&self, name: &str) -> &str {
        let value = self.trailers.get(name).or_else(|| self.fields.get(name));
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// Checks gRPC's status and a part of its message.
    fn assert_failed(&self, status: &str, part: &str) {
        let message = self.field("grpc-message");
        assert_eq!(self.status, StatusCode::OK);
        assert_eq!(self.field("grpc-status"), status, "{message}");
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

async fn serve() -> Server {
    let handled = Handled::new(|_, request: Text| std::future::ready(Ok(request)));
    Server::builder().handle(handled).start().await.unwrap()
}

/// One request of a stranger, who ends the body or cuts it off.
async fn send(server: &Server, request: Request<()>, body: &[u8]) -> Got {
    let exchange = async {
        let socket = TcpStream::connect(server.address().to_string()).await.unwrap();
        let (sender, connection) = h2::client::handshake(socket).await.unwrap();
        tokio::spawn(connection);
        let mut sender = sender.ready().await.unwrap();
        let (response, mut stream) = sender.send_request(request, false).unwrap();
        stream.send_data(Bytes::copy_from_slice(body), true).unwrap();
        let (head, mut received) = response.await.unwrap().into_parts();
        let mut body = Vec::new();
        while let Some(data) = received.data().await {
            body.extend_from_slice(&data.unwrap());
        }
        let trailers = received.trailers().await.unwrap().unwrap_or_default();
        Got { status: head.status, fields: head.headers, body, trailers }
    };
    timeout(PATIENCE, exchange).await.expect("a stranger is answered")
}

fn grpc() -> http::request::Builder {
    Request::post("http://localhost/test.Test/Read")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0][..], &length, message].concat()
}

#[tokio::test]
async fn a_stranger_that_speaks_grpc_is_answered() {
    let server = serve().await;
    let mut message = bytes::BytesMut::new();
    micro_runtime::codec::Payload::encode(&text("hello"), &mut message);
    let body = framed(&message);
    let got = send(&server, grpc().body(()).unwrap(), &body).await;
    assert_eq!((got.field("grpc-status"), &got.body), ("0", &body));
}

#[tokio::test]
async fn a_body_that_breaks_grpcs_rules_is_an_error_that_says_how() {
    let server = serve().await;
    for (body, status, part) in [
        (framed(&[0xff; 3]), "3", "no test.Text as proto"),
        (framed(b"whole")[..7].to_vec(), "13", "in the middle of a gRPC message"),
        (vec![0, 0], "13", "in the middle of a gRPC message"),
        (vec![1, 0, 0, 0, 0], "12", "compressed"),
        (vec![9, 0, 0, 0, 0], "13", "begins with 9"),
        (vec![0, 0xff, 0xff, 0xff, 0xff], "8", "Limits::max_receive"),
        (Vec::new(), "12", "exactly one message, but none came"),
        ([framed(b""), framed(b"")].concat(), "12", "exactly one message, but more came"),
    ] {
        let got = send(&server, grpc().body(()).unwrap(), &body).await;
        got.assert_failed(status, part);
    }
    let got = send(&server, grpc().body(()).unwrap(), &framed(b"")).await;
    assert_eq!(got.field("grpc-status"), "0", "the server goes on");
}

#[tokio::test]
async fn a_timeout_that_is_none_is_named() {
    let server = serve().await;
    for timeout in ["soon", "1", "-1S", "123456789S"] {
        let request = grpc().header("grpc-timeout", timeout).body(()).unwrap();
        send(&server, request, &framed(b"")).await.assert_failed("3", "grpc-timeout");
    }
}

#[tokio::test]
async fn a_codec_or_method_that_is_not_there_is_named_with_those_that_are() {
    let server = serve().await;
    let request = Request::post("http://localhost/test.Test/Read")
        .header("content-type", "application/grpc+thrift");
    let got = send(&server, request.body(()).unwrap(), &framed(b"")).await;
    got.assert_failed("12", "proto, json");
    let request =
        Request::post("http://localhost/test.Test/Raed").header("content-type", "application/grpc");
    let got = send(&server, request.body(()).unwrap(), &framed(b"")).await;
    got.assert_failed("12", "Read, Write, Watch, Missing");
}

#[tokio::test]
async fn a_request_that_is_no_call_gets_415_and_a_text_that_says_what_is() {
    let server = serve().await;
    let post = || Request::post("http://localhost/test.Test/Read");
    for request in [post().header("content-type", "text/html"), post()] {
        let got = send(&server, request.body(()).unwrap(), b"").await;
        assert_eq!(got.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let body = String::from_utf8(got.body).unwrap();
        assert!(body.contains("application/json"), "{body}");
    }
}

#[tokio::test]
async fn a_connection_that_never_speaks_does_not_hold_up_a_drain() {
    let server = serve().await;
    let _silent = TcpStream::connect(server.address().to_string()).await.unwrap();
    // Its server has taken it: one that came later is answered.
    let got = send(&server, grpc().body(()).unwrap(), &framed(b"")).await;
    assert_eq!(got.field("grpc-status"), "0");
    let ended = timeout(PATIENCE, server.stop(Duration::from_secs(3_600))).await;
    assert_eq!(ended.expect("the drain ends"), 0);
}

#[tokio::test]
async fn a_peer_that_answers_as_something_else_fails_the_dial() {
    use micro_runtime::transport::{HttpTransport, Transport};
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    });
    let transport = Arc::new(HttpTransport::default());
    let dialled = timeout(PATIENCE, transport.dial(address.into())).await.unwrap();
    let error = dialled.expect_err("the peer is no HTTP/2 server");
    assert_eq!(error.reach(), micro_runtime::Reach::NotSent);
    assert!(error.message().contains("HTTP/2"), "{error}");
}
