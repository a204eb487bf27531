//! `/livez` and `/readyz`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use micro_runtime::health::Readiness;
use micro_runtime::service::Phase;
use micro_runtime::transport::HttpTransport;
use micro_runtime::{Address, Server};
use tokio::net::TcpStream;

use crate::service::{Handled, TestClient, World};
use crate::{client_of, in_time, reached};

/// What a prober gets.
#[derive(Debug, PartialEq, Eq)]
struct Got {
    status: StatusCode,
    text: String,
}

fn got(status: u16, text: &str) -> Got {
    Got { status: StatusCode::from_u16(status).unwrap(), text: text.to_owned() }
}

/// One request without a body, as plain HTTP/2 has it.
async fn ask(address: &Address, method: Method, path: &str) -> Got {
    let exchange = async {
        let socket = TcpStream::connect(address.to_string()).await.unwrap();
        let (sender, connection) = h2::client::handshake(socket).await.unwrap();
        tokio::spawn(connection);
        let mut sender = sender.ready().await.unwrap();
        let uri = format!("http://{address}{path}");
        let request = Request::builder().method(method).uri(uri).body(()).unwrap();
        let (response, _) = sender.send_request(request, true).unwrap();
        let (head, mut body) = response.await.unwrap().into_parts();
        let mut text = Vec::new();
        while let Some(data) = body.data().await {
            let data: Bytes = data.unwrap();
            body.flow_control().release_capacity(data.len()).unwrap();
            text.extend_from_slice(&data);
        }
        Got { status: head.status, text: String::from_utf8(text).unwrap() }
    };
    in_time(exchange).await
}

async fn get(address: &Address, path: &str) -> Got {
    ask(address, Method::GET, path).await
}

#[tokio::test]
async fn a_server_lives_and_is_ready_unless_a_part_is_not() {
    let readiness = Readiness::new();
    let server = Server::builder().readiness(readiness.clone()).handle(Handled::says("here"));
    let server = server.start().await.unwrap();
    let address = server.address();
    assert_eq!(get(&address, "/livez").await, got(200, "ok"));
    assert_eq!(get(&address, "/readyz?verbose").await, got(200, "ok"));
    readiness.not_ready("queue", "full");
    readiness.not_ready("database", "no connection");
    let text = "database: no connection\nqueue: full\n";
    assert_eq!(get(&address, "/readyz").await, got(503, text));
    assert_eq!(ask(&address, Method::HEAD, "/readyz").await, got(503, ""));
    assert_eq!(get(&address, "/livez").await, got(200, "ok"), "it lives all the same");
}

#[tokio::test]
async fn a_leaving_node_is_not_ready_and_still_answers() {
    let world = World::default();
    let node = world.service("test", "a").transport(Arc::new(HttpTransport::default()));
    // Longer than the test: it looks on while the node leaves.
    let node = node.grace(Duration::from_secs(3_600)).handle(Handled::says("here"));
    let node = Arc::new(node.build().unwrap().start().await.unwrap());
    let address = node.address();
    let stopping = tokio::spawn({
        let node = Arc::clone(&node);
        async move { node.stop().await }
    });
    reached(node.readiness(), Phase::Leaving).await;
    let text = "service: leaving, call another node\n";
    assert_eq!(get(&address, "/readyz").await, got(503, text));
    assert_eq!(get(&address, "/livez").await, got(200, "ok"));
    let client = client_of(address, Arc::new(HttpTransport::default()));
    assert_eq!(TestClient::new("test", client).write("").await.unwrap().text, "here");
    stopping.abort();
}

#[tokio::test]
async fn only_reads_are_probes_and_only_where_health_is_told() {
    let server = Server::builder().handle(Handled::says("here")).start().await.unwrap();
    let posted = ask(&server.address(), Method::POST, "/readyz").await;
    assert_ne!(posted.status, StatusCode::OK);
    let server = Server::builder().without_health().handle(Handled::says("here"));
    let server = server.start().await.unwrap();
    for path in ["/livez", "/readyz"] {
        assert_ne!(get(&server.address(), path).await.status, StatusCode::OK);
    }
}
