//! Plain JSON over both versions of HTTP: calls, metadata, deadlines, errors.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Request;
use micro_runtime::codec::{Codec, DecodeError, EncodeError, Payload};
use micro_runtime::transport::Limits;
use micro_runtime::{Code, Context, Detail, Error, Metadata, Result, Server};

use crate::shop::{Item, Shop, item};
use crate::stranger::{Got, OK, ask, get, post};

#[tokio::test]
async fn a_message_goes_there_and_back_in_any_codec() {
    let server = Shop::echo().server().codec(Shouting).start().await.unwrap();
    let mut proto = BytesMut::new();
    item("lamp").encode(&mut proto);
    for (sent, body, answered) in [
        ("application/json", &br#"{"name":"lamp"}"#[..], "application/json"),
        ("application/json; charset=utf-8", br#" {"name":"lamp"} "#, "application/json"),
        ("Application/JSON", br#"{"name":"lamp","later":[{}]}"#, "application/json"),
        ("application/proto", &proto, "application/proto"),
        ("application/shouting", b"LAMP", "application/shouting"),
    ] {
        let request =
            Request::post("http://localhost/shop.v1.Shop/Buy").header("content-type", sent);
        let got = ask(&server, request, body).await;
        assert_eq!((got.status, got.field("content-type")), (OK, answered), "{sent}");
        let wanted = if answered.ends_with("json") { &br#"{"name":"lamp"}"#[..] } else { body };
        assert_eq!(got.body, wanted, "{sent}");
    }
}

/// A codec of somebody's own.
#[derive(Debug)]
struct Shouting;

impl Codec for Shouting {
    fn name(&self) -> &'static str {
        "shouting"
    }
    fn encode(&self, payload: &dyn Payload, out: &mut BytesMut) -> Result<(), EncodeError> {
        let mut json = Vec::new();
        payload.write_json(&mut json)?;
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let name = value["name"].as_str().unwrap_or_default();
        out.extend_from_slice(name.to_ascii_uppercase().as_bytes());
        Ok(())
    }
    fn decode(&self, bytes: Bytes, payload: &mut dyn Payload) -> Result<(), DecodeError> {
        let name = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        payload.merge_json(serde_json::json!({ "name": name }).to_string().as_bytes())
    }
}

#[tokio::test]
async fn a_method_without_side_effects_answers_get() {
    let server = Shop::echo().start().await;
    for query in [
        "?connect=v1&encoding=json&message=%7B%22name%22%3A%22lamp%22%7D",
        "?message=%7B%22name%22:%22lamp%22%7D",
        "?base64=1&message=eyJuYW1lIjoibGFtcCJ9&unknown=1",
        "?encoding=json&compression=identity&base64=1&message=eyJuYW1lIjoibGFtcCJ9",
    ] {
        let got = ask(&server, get(&format!("/shop.v1.Shop/Find{query}")), b"").await;
        assert_eq!((got.status, got.text()), (OK, r#"{"name":"lamp"}"#), "{query}");
    }
    let got = ask(&server, get("/shop.v1.Shop/Find?encoding=proto&base64=1&message=CgRsYW1w"), b"");
    assert_eq!(got.await.body, &b"\x0a\x04lamp"[..]);
    for empty in ["", "?", "?encoding=json"] {
        let got = ask(&server, get(&format!("/shop.v1.Shop/Find{empty}")), b"").await;
        assert_eq!((got.status, got.text()), (OK, "{}"), "{empty}");
    }
}

#[tokio::test]
async fn metadata_go_both_ways() {
    let seen = Arc::new(Mutex::new(Metadata::new()));
    let shop = {
        let seen = Arc::clone(&seen);
        Shop::new(move |context: Context, request| {
            *seen.lock().unwrap() = context.metadata().clone();
            context.append_header("x-head", "h").unwrap();
            context.append_header("x-raw-bin", vec![0xfb, 0xff]).unwrap();
            context.append_trailer("x-tail", "t").unwrap();
            context.append_trailer("x-tail-bin", vec![1]).unwrap();
            let failed = request.name == "nothing";
            std::future::ready(if failed { Err(Error::not_found("sold out")) } else { Ok(request) })
        })
    };
    let server = shop.start().await;
    for json in ["{}", r#"{"name":"nothing"}"#] {
        let request = post("Buy")
            .header("x-tenant", "acme")
            .header("x-id-bin", "AQI")
            .header("x-id-bin", "Aw==")
            .header("connect-protocol-version", "1")
            .header("connect-timeout-ms", "5000");
        let got = ask(&server, request, json.as_bytes()).await;
        assert_eq!(got.status, if json == "{}" { OK } else { 404 });
        assert_eq!((got.field("x-head"), got.field("x-raw-bin")), ("h", "+/8"));
        assert_eq!((got.field("trailer-x-tail"), got.field("trailer-x-tail-bin")), ("t", "AQ"));
        let seen = seen.lock().unwrap();
        assert_eq!(seen.get("x-tenant"), Some("acme"));
        let ids: Vec<_> = seen.get_all_bytes("x-id-bin").map(|id| id.to_vec()).collect();
        assert_eq!(ids, [vec![1, 2], vec![3]]);
        let not_metadata = |name: &str| {
            name.starts_with("connect-") || name.starts_with("content-") || name == "host"
        };
        assert!(seen.iter().all(|(name, _)| !not_metadata(name)), "{seen:?}");
    }
}

#[tokio::test]
async fn a_deadline_is_the_handlers_and_ends_the_call() {
    let shop = Shop::new(|context: Context, request: Item| async move {
        if request.name == "never" {
            std::future::pending::<()>().await;
        }
        let left = context.time_left().map(|left| left.as_secs().to_string());
        Ok(item(&left.unwrap_or_default()))
    });
    let server = shop.start().await;
    for (timeout, wanted) in
        [("3600500", r#"{"name":"3600"}"#), ("9999999999", r#"{"name":"9999999"}"#)]
    {
        let got = ask(&server, post("Buy").header("connect-timeout-ms", timeout), b"{}").await;
        assert_eq!((got.status, got.text()), (OK, wanted));
    }
    assert_eq!(ask(&server, post("Buy"), b"{}").await.text(), "{}", "no deadline is invented");
    for timeout in ["0", "20"] {
        let request = post("Buy").header("connect-timeout-ms", timeout);
        let got = ask(&server, request, br#"{"name":"never"}"#).await;
        got.assert_failed(504, "deadline_exceeded", &["deadline passed"]);
    }
    for timeout in ["soon", "-1", "+1", "1.5", "12345678901", ""] {
        let got = ask(&server, post("Buy").header("connect-timeout-ms", timeout), b"{}").await;
        got.assert_failed(400, "invalid_argument", &["connect-timeout-ms", "milliseconds"]);
    }
}

#[tokio::test]
async fn each_code_has_its_name_and_status() {
    const CODES: [(&str, u16); 16] = [
        ("canceled", 499),
        ("unknown", 500),
        ("invalid_argument", 400),
        ("deadline_exceeded", 504),
        ("not_found", 404),
        ("already_exists", 409),
        ("permission_denied", 403),
        ("resource_exhausted", 429),
        ("failed_precondition", 400),
        ("aborted", 409),
        ("out_of_range", 400),
        ("unimplemented", 501),
        ("internal", 500),
        ("unavailable", 503),
        ("data_loss", 500),
        ("unauthenticated", 401),
    ];
    let shop = Shop::new(|_, request| {
        let code = Code::from_number(request.in_stock).unwrap();
        std::future::ready(Err(Error::new(code, request.name)))
    });
    let server = shop.start().await;
    for ((name, status), number) in CODES.into_iter().zip(1..) {
        let body = format!(r#"{{"name":"{name} it is","inStock":{number}}}"#);
        let got = ask(&server, post("Buy"), body.as_bytes()).await;
        got.assert_failed(status, name, &[&format!("{name} it is")]);
    }
}

#[tokio::test]
async fn an_error_tells_its_details_and_trailers_and_nothing_else() {
    let shop = Shop::new(|_, _| {
        let mut trailers = Metadata::new();
        trailers.append("x-why", "because").unwrap();
        let error = Error::failed_precondition("closed “today”")
            .with_detail(Detail::new("type.googleapis.com/shop.v1.Item", vec![10, 1, 65]))
            .with_trailers(trailers);
        std::future::ready(Err(error.with_fact("secret", "home").with_cause("home")))
    });
    let server = shop.start().await;
    let got = ask(&server, post("Buy"), b"{}").await;
    let wanted = concat!(
        r#"{"code":"failed_precondition","message":"closed “today”","#,
        r#""details":[{"type":"shop.v1.Item","value":"CgFB"}]}"#
    );
    assert_eq!((got.status, got.text(), got.field("trailer-x-why")), (400, wanted, "because"));
}

async fn buy(server: &Server, json: &str) -> Got {
    ask(server, post("Buy"), json.as_bytes()).await
}

#[tokio::test]
async fn mistakes_in_json_name_the_field_or_the_place() {
    let server = Shop::echo().start().await;
    for (json, parts) in [
        (r#"{"in_stock":"many"}"#, [r#"field "in_stock": expected "#, r#"got "many""#]),
        (r#"{"inStock":-1}"#, [r#"field "inStock": expected "#, "got -1"]),
        (r#"{"name":"a","name":"b"}"#, [r#"field "name": given twice"#, ""]),
        (r#"{"name":"a",}"#, ["trailing comma", "line 1 column 13"]),
        ("{\n  name: 1\n}", ["key must be a string", "line 2 column 3"]),
        (r#"{"name":"a"#, ["EOF while parsing a string", "line 1 column"]),
        ("[]", ["expected an object", ""]),
        ("name=lamp", ["expected ident", "line 1 column"]),
    ] {
        let got = buy(&server, json).await;
        got.assert_failed(400, "invalid_argument", &["no shop.v1.Item as json: "]);
        got.assert_failed(400, "invalid_argument", &parts);
    }
    let got = ask(&server, post("Buy"), b"").await;
    got.assert_failed(400, "invalid_argument", &["a message without fields is {}"]);
}

#[tokio::test]
async fn sizes_are_limited_both_ways() {
    let shop = Shop::new(|_, request: Item| {
        std::future::ready(Ok(item(&"x".repeat(request.in_stock as usize))))
    });
    let limits = Limits::default().max_receive(1_000).max_send(1_000);
    let server = shop.server().limits(limits).start().await.unwrap();
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(1_000));
    let parts = ["a message of 1011 bytes", "receives", "1000 bytes", "Limits::max_receive"];
    buy(&server, &large).await.assert_failed(429, "resource_exhausted", &parts);
    let got = ask(&server, get(&format!("/shop.v1.Shop/Find?message={}", "x".repeat(1_001))), b"");
    got.await.assert_failed(429, "resource_exhausted", &["a message of 1001 bytes"]);
    let got = buy(&server, r#"{"inStock":1000}"#).await;
    got.assert_failed(429, "resource_exhausted", &["sends", "Limits::max_send"]);
    assert_eq!(buy(&server, r#"{"inStock":900}"#).await.status, OK);
}

#[tokio::test]
async fn a_long_query_is_read_over_both_versions() {
    let server = Shop::echo().start().await;
    let json = format!(r#"{{"name":"{}"}}"#, "x".repeat(40_000));
    let query = json.replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
    let got = ask(&server, get(&format!("/shop.v1.Shop/Find?message={query}")), b"").await;
    assert_eq!((got.status, got.text()), (OK, &*json));
}

#[tokio::test]
async fn a_handler_that_panics_fails_its_call_only() {
    let shop = Shop::new(|_, request: Item| async move {
        assert!(request.name.is_empty(), "on purpose");
        Ok(request)
    });
    let server = shop.start().await;
    let got = buy(&server, r#"{"name":"x"}"#).await;
    got.assert_failed(500, "internal", &["the handler panicked"]);
    assert_eq!(buy(&server, "{}").await.status, OK);
    let stopped = tokio::time::timeout(Duration::from_secs(20), server.stop(Duration::MAX)).await;
    assert_eq!(stopped.unwrap(), 0);
}
