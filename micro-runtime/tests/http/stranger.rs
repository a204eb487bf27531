//! A stranger: somebody who knows HTTP and nothing of us.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use micro_runtime::Server;
use micro_runtime::transport::http::network::Io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// What a stranger gets.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) fields: HeaderMap,
    pub(crate) body: Bytes,
}

impl Got {
    /// The only value of a field; empty if there is none.
    pub(crate) fn field(&self, name: &str) -> &str {
        let mut values = self.fields.get_all(name).iter();
        let value = values.next().map_or("", |value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{name} comes twice");
        value
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Checks an error's status and code, and parts of its message.
    #[track_caller]
    pub(crate) fn assert_failed(&self, status: u16, code: &str, parts: &[&str]) {
        let error: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        let message = error["message"].as_str().unwrap();
        let got = (self.status, error["code"].as_str().unwrap(), self.field("content-type"));
        assert_eq!(got, (status, code, "application/json"), "{message}");
        for part in parts {
            assert!(message.contains(part), "{message:?} lacks {part:?}");
        }
    }
}

/// A connection on which a stranger writes HTTP/1.1 by hand.
pub(crate) struct Stranger {
    io: Box<dyn Io>,
    read: Vec<u8>,
}

impl Stranger {
    pub(crate) fn on(io: Box<dyn Io>) -> Self {
        Self { io, read: Vec::new() }
    }

    pub(crate) async fn dial(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address().to_string()).await.unwrap();
        Self::on(Box::new(stream))
    }

    /// Sends a text; a server that reads no more is no failure here, for its answer counts.
    pub(crate) async fn send(&mut self, text: impl AsRef<[u8]>) {
        let _ = self.try_send(text).await;
    }

    /// Sends a text, if it is still read.
    pub(crate) async fn try_send(&mut self, text: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.io.write_all(text.as_ref()).await
    }

    /// Sends a POST with JSON.
    pub(crate) async fn post(&mut self, path: &str, json: &str) {
        let head = format!("POST {path} HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json");
        self.send(format!("{head}\r\ncontent-length: {}\r\n\r\n{json}", json.len())).await;
    }

    /// The next response.
    pub(crate) async fn response(&mut self) -> Got {
        self.response_within(PATIENCE).await
    }

    pub(crate) async fn response_within(&mut self, limit: Duration) -> Got {
        timeout(limit, self.read_response()).await.expect("a stranger is answered")
    }

    /// What still comes until the server closes the connection.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        self.rest_within(PATIENCE).await
    }

    pub(crate) async fn rest_within(&mut self, limit: Duration) -> Vec<u8> {
        let end = async { while self.read_more().await > 0 {} };
        timeout(limit, end).await.expect("the connection is closed");
        std::mem::take(&mut self.read)
    }

    async fn read_response(&mut self) -> Got {
        let head = loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let rest = self.read.split_off(end + 4);
                break String::from_utf8(std::mem::replace(&mut self.read, rest)).unwrap();
            }
            assert!(self.read_more().await > 0, "closed after {:?}", self.read);
        };
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let mut fields = HeaderMap::new();
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            fields.append(name, value.parse().unwrap());
        }
        let length = fields
            .get("content-length")
            .map_or(0, |length| length.to_str().unwrap().parse::<usize>().unwrap());
        while self.read.len() < length {
            assert!(self.read_more().await > 0, "closed in the middle of a body");
        }
        let rest = self.read.split_off(length);
        Got { status, fields, body: std::mem::replace(&mut self.read, rest).into() }
    }

    async fn read_more(&mut self) -> usize {
        // A reset is an end like any other.
        self.io.read_buf(&mut self.read).await.unwrap_or(0)
    }
}

/// Sends a request over HTTP/1.1 and HTTP/2: both answers, which have to be the same.
#[track_caller]
pub(crate) fn ask(
    server: &Server,
    request: http::request::Builder,
    body: &[u8],
) -> impl Future<Output = Got> + use<> {
    let caller = std::panic::Location::caller();
    let address = server.address().to_string();
    let (request, body) = (request.body(()).unwrap(), Bytes::copy_from_slice(body));
    async move {
        let older = timeout(PATIENCE, ask_http1(&address, &request, &body)).await;
        let newer = timeout(PATIENCE, ask_http2(&address, request, body)).await;
        let (older, newer) = (older.expect("HTTP/1.1 answers"), newer.expect("HTTP/2 answers"));
        let same = (older.status, older.text()) == (newer.status, newer.text());
        assert!(same, "{caller}: HTTP/1.1 {older:?}, HTTP/2 {newer:?}");
        newer
    }
}

async fn ask_http1(address: &str, request: &Request<()>, body: &[u8]) -> Got {
    let stream = TcpStream::connect(address).await.unwrap();
    let mut stranger = Stranger::on(Box::new(stream));
    let target = request.uri().path_and_query().unwrap();
    let mut text = format!("{} {target} HTTP/1.1\r\n", request.method());
    text += &format!("host: {}\r\n", request.uri().authority().unwrap());
    for (name, value) in request.headers() {
        text += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    if !body.is_empty() {
        text += &format!("content-length: {}\r\n", body.len());
    }
    stranger.send(text + "\r\n").await;
    stranger.send(body).await;
    stranger.response().await
}

async fn ask_http2(address: &str, request: Request<()>, body: Bytes) -> Got {
    let socket = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = h2::client::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let mut sender = sender.ready().await.unwrap();
    let (response, mut stream) = sender.send_request(request, body.is_empty()).unwrap();
    if !body.is_empty() {
        stream.send_data(body, true).unwrap();
    }
    let (head, mut received) = response.await.unwrap().into_parts();
    let mut body = Vec::new();
    while let Some(data) = received.data().await {
        body.extend_from_slice(&data.unwrap());
    }
    assert!(received.trailers().await.unwrap().is_none(), "unary calls have no trailer fields");
    Got { status: head.status.as_u16(), fields: head.headers, body: body.into() }
}

/// A POST with JSON to a method of the shop.
pub(crate) fn post(method: &str) -> http::request::Builder {
    let request = Request::post(format!("http://localhost/shop.v1.Shop/{method}"));
    request.header("content-type", "application/json")
}

/// A GET of a path and query.
pub(crate) fn get(target: &str) -> http::request::Builder {
    Request::get(format!("http://localhost{target}"))
}

/// The number of a status.
pub(crate) const OK: u16 = StatusCode::OK.as_u16();
