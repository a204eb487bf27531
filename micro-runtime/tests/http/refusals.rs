//! What is no call: each gets a status, and a sentence that says what to send.

use http::Request;
use micro_runtime::Server;

use crate::shop::Shop;
use crate::stranger::{Stranger, ask, get, post};

const CURL: &str =
    "curl -d '{}' -H 'content-type: application/json' http://localhost/shop.v1.Shop/";

#[tokio::test]
async fn a_path_that_nothing_has_is_404_with_near_matches() {
    let server = Shop::echo().start().await;
    for (path, parts) in [
        ("/shop.v1.Shop/Bui", ["did you mean /shop.v1.Shop/Buy?", "Find, Buy, Watch, Fill"]),
        ("/shop.v1.Shop/buy", ["did you mean /shop.v1.Shop/Buy?", "Find, Buy, Watch, Fill"]),
        ("/shop.v1.Shop/Buy/", ["did you mean /shop.v1.Shop/Buy?", "Find, Buy, Watch, Fill"]),
        ("/Shop/Find", ["did you mean /shop.v1.Shop/Find?", "the services here: shop.v1.Shop"]),
        ("/", ["nothing here is called \"/\"", "the services here: shop.v1.Shop"]),
    ] {
        let request = Request::post(format!("http://localhost{path}"));
        let got = ask(&server, request.header("content-type", "application/json"), b"{}").await;
        got.assert_failed(404, "unimplemented", &parts);
        ask(&server, get(path), b"").await.assert_failed(404, "unimplemented", &parts);
    }
}

#[tokio::test]
async fn a_method_that_does_not_call_is_405_with_those_that_do() {
    let server = Shop::echo().start().await;
    for (verb, method, allow, part) in [
        ("GET", "Buy", "POST", "not marked NO_SIDE_EFFECTS"),
        ("GET", "Watch", "POST", "answers with a stream"),
        ("PUT", "Buy", "POST", "PUT does not call Buy, but POST: curl"),
        ("DELETE", "Find", "GET, POST", "DELETE does not call Find, but GET, POST: curl"),
        ("OPTIONS", "Find", "GET, POST", "OPTIONS does not call Find"),
        ("LOOK", "Find", "GET, POST", "LOOK does not call Find"),
    ] {
        let request = Request::builder().method(verb);
        let request = request.uri(format!("http://localhost/shop.v1.Shop/{method}"));
        let got = ask(&server, request, b"").await;
        got.assert_failed(405, "unimplemented", &[part]);
        assert_eq!(got.field("allow"), allow, "{verb} {method}");
    }
    let mut stranger = Stranger::dial(&server).await;
    stranger.send("HEAD /shop.v1.Shop/Find HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    let head = String::from_utf8(stranger.rest().await).unwrap();
    assert!(head.starts_with("HTTP/1.1 405 ") && head.ends_with("\r\n\r\n"), "{head}");
}

fn plain(content_type: Option<&str>) -> http::request::Builder {
    let request = Request::post("http://localhost/shop.v1.Shop/Buy");
    content_type.into_iter().fold(request, |request, value| request.header("content-type", value))
}

#[tokio::test]
async fn a_content_type_that_is_not_taken_is_415_with_those_that_are() {
    let server = Shop::echo().start().await;
    for (content_type, part) in [
        (None, "the request has no content type"),
        (Some("text/html"), "\"text/html\" is not understood here"),
        (Some("application/xml"), "\"application/xml\" is not understood here"),
        (Some("application/connect+json"), "not understood here"),
        (Some("application/grpc-web+proto"), "not understood here"),
        (
            Some("application/x-www-form-urlencoded"),
            "a form, as curl does unless it is told otherwise",
        ),
    ] {
        let got = ask(&server, plain(content_type), b"{}").await;
        let curl = format!("{CURL}Buy");
        let parts = [part, "send one of application/proto, application/json", &curl];
        got.assert_failed(415, "unimplemented", &parts);
        assert_eq!(got.field("accept-post"), "application/proto, application/json");
    }
}

#[tokio::test]
async fn a_method_with_streams_is_415_and_the_way_out_is_grpc() {
    let server = Shop::echo().start().await;
    for (method, what) in [("Watch", "answers with a stream"), ("Fill", "takes a stream")] {
        let got = ask(&server, post(method), b"{}").await;
        got.assert_failed(415, "unimplemented", &[method, what, "use gRPC"]);
        assert_eq!(got.field("accept-post"), "application/grpc");
    }
}

#[tokio::test]
async fn what_a_request_asks_for_beyond_that_is_refused_by_name() {
    let server = Shop::echo().start().await;
    let compressed =
        |server: &Server| ask(server, post("Buy").header("content-encoding", "gzip"), b"x");
    compressed(&server).await.assert_failed(501, "unimplemented", &["\"gzip\"", "uncompressed"]);
    let version = post("Buy").header("connect-protocol-version", "2");
    let got = ask(&server, version, b"{}").await;
    got.assert_failed(400, "invalid_argument", &["connect-protocol-version \"2\"", "send 1"]);
    for (query, status, code, part) in [
        ("encoding=xml", 415, "unimplemented", "there are proto, json"),
        ("compression=br", 501, "unimplemented", "uncompressed"),
        ("connect=v2", 400, "invalid_argument", "send v1"),
        ("message=%7", 400, "invalid_argument", "hexadecimal"),
        ("message=***&base64=1", 400, "invalid_argument", "no base64"),
        ("message=[]", 400, "invalid_argument", "expected an object"),
    ] {
        let got = ask(&server, get(&format!("/shop.v1.Shop/Find?{query}")), b"").await;
        got.assert_failed(status, code, &[part]);
    }
}

#[tokio::test]
async fn grpc_over_http1_is_told_what_it_needs() {
    let server = Shop::echo().start().await;
    let mut stranger = Stranger::dial(&server).await;
    let head = "POST /shop.v1.Shop/Buy HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc";
    stranger.send(format!("{head}\r\ncontent-length: 0\r\n\r\n")).await;
    let got = stranger.response().await;
    got.assert_failed(505, "unimplemented", &["gRPC needs HTTP/2", "this is HTTP/1.1"]);
}

#[tokio::test]
async fn a_line_for_the_shell_never_quotes_what_a_shell_would_run() {
    let server = Shop::echo().start().await;
    for (host, wanted) in [("[::1]:80", "http://[::1]:80/"), ("$(reboot)", "http://ADDRESS/")] {
        let mut stranger = Stranger::dial(&server).await;
        stranger.send(format!("GET /shop.v1.Shop/Buy HTTP/1.1\r\nhost: {host}\r\n\r\n")).await;
        stranger.response().await.assert_failed(405, "unimplemented", &[wanted]);
    }
}
