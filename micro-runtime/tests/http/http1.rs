//! HTTP/1.1 by hand: connections that are kept, bodies cut in all ways, and what is no HTTP.

use std::sync::Arc;
use std::time::Duration;

use micro_runtime::transport::http::network::Network;
use micro_runtime::transport::{HttpTransport, Limits};
use micro_runtime::{Address, Server};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::pipes::Pipes;
use crate::shop::Shop;
use crate::stranger::{OK, Stranger};

const FIND: &str = "/shop.v1.Shop/Find";
const HEAD: &str =
    "POST /shop.v1.Shop/Find HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\n";

#[tokio::test]
async fn a_connection_is_kept_for_the_next_call() {
    let server = Shop::echo().start().await;
    let mut stranger = Stranger::dial(&server).await;
    for name in ["lamp", "chair"] {
        let json = format!(r#"{{"name":"{name}"}}"#);
        stranger.post(FIND, &json).await;
        let got = stranger.response().await;
        assert_eq!((got.status, got.text(), got.field("connection")), (OK, &*json, ""));
    }
}

#[tokio::test]
async fn calls_that_are_sent_at_once_are_answered_in_their_order() {
    let shop = Shop::new(|_, request| async move {
        if request.name == "slow" {
            tokio::task::yield_now().await;
        }
        Ok(request)
    });
    let server = shop.start().await;
    let mut stranger = Stranger::dial(&server).await;
    let call = |json: &str| format!("{HEAD}content-length: {}\r\n\r\n{json}", json.len());
    let both = call(r#"{"name":"slow"}"#) + &call(r#"{"name":"quick"}"#);
    stranger.send(both).await;
    assert_eq!(stranger.response().await.text(), r#"{"name":"slow"}"#);
    assert_eq!(stranger.response().await.text(), r#"{"name":"quick"}"#);
}

#[tokio::test]
async fn a_body_in_chunks_is_one_message() {
    let server = Shop::echo().start().await;
    let mut stranger = Stranger::dial(&server).await;
    stranger.send(format!("{HEAD}transfer-encoding: chunked\r\n\r\n")).await;
    for chunk in ["9\r\n{\"name\":\"", "\r\n4\r\nlamp\r\n", "2\r\n\"}\r\n0\r\n\r\n"] {
        stranger.send(chunk).await;
        tokio::task::yield_now().await;
    }
    let got = stranger.response().await;
    assert_eq!((got.status, got.text()), (OK, r#"{"name":"lamp"}"#));
}

#[tokio::test]
async fn a_body_that_is_cut_wrongly_is_an_error_that_says_so() {
    let server = Shop::echo().start().await;
    let mut stranger = Stranger::dial(&server).await;
    stranger.send(format!("{HEAD}transfer-encoding: chunked\r\n\r\nx\r\n")).await;
    stranger.response().await.assert_failed(400, "invalid_argument", &["breaks HTTP's rules"]);
    assert!(stranger.rest().await.is_empty());
}

#[tokio::test]
async fn older_and_longer_ways_to_ask_are_understood() {
    let server = Shop::echo().start().await;
    for (target, version) in [
        (FIND.to_owned(), "HTTP/1.0"),
        (format!("http://shop{FIND}"), "HTTP/1.1"),
        (
            FIND.to_owned(),
            "HTTP/1.1\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk",
        ),
    ] {
        let mut stranger = Stranger::dial(&server).await;
        stranger.send(format!("\r\nGET {target} {version}\r\nhost: shop\r\n\r\n")).await;
        let got = stranger.response().await;
        assert_eq!((got.status, got.text()), (OK, "{}"), "{target} {version}");
    }
}

#[tokio::test]
async fn a_caller_that_waits_for_100_is_told_to_go_on() {
    let server = Shop::echo().start().await;
    let mut stranger = Stranger::dial(&server).await;
    stranger.send(format!("{HEAD}content-length: 2\r\nexpect: 100-continue\r\n\r\n")).await;
    assert_eq!(stranger.response().await.status, 100);
    stranger.send("{}").await;
    assert_eq!(stranger.response().await.status, OK);
}

#[tokio::test]
async fn a_caller_that_waits_for_100_need_not_send_what_is_too_large() {
    let server = Shop::echo().server().limits(Limits::default().max_receive(100));
    let server = server.start().await.unwrap();
    let mut stranger = Stranger::dial(&server).await;
    stranger.send(format!("{HEAD}content-length: 101\r\nexpect: 100-continue\r\n\r\n")).await;
    let parts = ["a message of 101 bytes", "its limit is 100 bytes"];
    stranger.response().await.assert_failed(429, "resource_exhausted", &parts);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_answered_while_it_is_still_sent() {
    let server = Shop::echo().server().limits(Limits::default().max_receive(100_000));
    let server = server.start().await.unwrap();
    let piece = "x".repeat(1 << 20);
    let sized = format!("{HEAD}content-length: {}\r\n\r\n", piece.len() * 8);
    let chunked = format!("{HEAD}transfer-encoding: chunked\r\n\r\n{:x}\r\n", piece.len() * 8);
    for head in [sized, chunked] {
        let mut stranger = Stranger::dial(&server).await;
        stranger.send(head).await;
        for _ in 0..4 {
            stranger.send(&piece).await;
        }
        let got = stranger.response().await;
        got.assert_failed(429, "resource_exhausted", &["Limits::max_receive"]);
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_told_so() {
    let server = Shop::echo().start().await;
    for line in [format!("x-large: {}", "x".repeat(70_000)), "a: b\r\n".repeat(101)] {
        let mut stranger = Stranger::dial(&server).await;
        stranger.send(format!("{HEAD}{line}\r\n\r\n")).await;
        assert_eq!(stranger.response().await.status, 431);
        assert!(stranger.rest().await.is_empty());
    }
}

#[tokio::test]
async fn what_is_no_http_is_closed_unanswered() {
    let server = Shop::echo().start().await;
    let tls = &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..];
    let preface = b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n";
    for said in [tls, b"SSH-2.0-OpenSSH_9.2\r\n", b"EHLO shop\r\n", b"\0\0\0\0", &[b'A'; 100]] {
        let mut stranger = Stranger::dial(&server).await;
        stranger.send(said).await;
        assert!(stranger.rest().await.is_empty(), "{said:?} is answered");
    }
    let mut stranger = Stranger::dial(&server).await;
    stranger.send(preface).await;
    assert_eq!(stranger.response().await.status, 400, "a broken preface is a broken request");
}

#[tokio::test]
async fn a_caller_that_goes_away_cancels_its_call() {
    let (dropped, mut watched) = watch::channel(false);
    let (began, mut begun) = watch::channel(false);
    let (dropped, began) = (Arc::new(dropped), Arc::new(began));
    let shop = Shop::new(move |context, _| {
        began.send_replace(true);
        let (dropped, spawned) = (Arc::clone(&dropped), context.clone());
        context.spawn(async move {
            spawned.cancelled().await;
            dropped.send_replace(true);
        });
        std::future::pending()
    });
    let server = shop.start().await;
    let mut stranger = Stranger::dial(&server).await;
    stranger.post(FIND, "{}").await;
    begun.wait_for(|begun| *begun).await.unwrap();
    drop(stranger);
    let cancelled = watched.wait_for(|dropped| *dropped);
    tokio::time::timeout(Duration::from_secs(20), cancelled).await.unwrap().unwrap();
}

/// A server on pipes, on which time can be paused.
pub(crate) async fn on_pipes() -> (Server, Pipes) {
    let pipes = Pipes::holding(64 << 10);
    let transport = HttpTransport::default().network(pipes.clone());
    let server = Shop::echo().server().transport(Arc::new(transport)).listen(Address::name("shop"));
    (server.start().await.unwrap(), pipes)
}

pub(crate) async fn stranger_on(pipes: &Pipes) -> Stranger {
    Stranger::on(pipes.dial(Address::name("shop")).await.unwrap().io)
}

#[tokio::test(start_paused = true)]
async fn whoever_takes_too_long_for_a_head_is_closed() {
    let (_server, pipes) = on_pipes().await;
    for (said, seconds) in [
        ("", 10),
        ("PRI * HTTP/2.0\r\n\r\nSM", 10),
        ("POS", 10),
        ("POST /shop.v1.Shop/Find HTTP/1.1\r\nhost: sh", 75),
    ] {
        let began = Instant::now();
        let mut stranger = stranger_on(&pipes).await;
        stranger.send(said).await;
        assert!(stranger.rest_within(Duration::from_secs(100)).await.is_empty());
        assert_eq!(began.elapsed().as_secs(), seconds, "after {said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_after_a_while_and_not_before() {
    let (_server, pipes) = on_pipes().await;
    let mut stranger = stranger_on(&pipes).await;
    for _ in 0..2 {
        stranger.post(FIND, "{}").await;
        assert_eq!(stranger.response().await.status, OK);
        tokio::time::sleep(Duration::from_secs(70)).await;
    }
    let began = Instant::now();
    assert!(stranger.rest_within(Duration::from_secs(100)).await.is_empty());
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stops_coming_is_given_up() {
    let (_server, pipes) = on_pipes().await;
    let mut stranger = stranger_on(&pipes).await;
    stranger.send(format!("{HEAD}content-length: 10\r\n\r\n{{")).await;
    let began = Instant::now();
    let got = stranger.response_within(Duration::from_secs(100)).await;
    got.assert_failed(504, "deadline_exceeded", &["the body stopped coming"]);
    assert_eq!(began.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn what_is_still_sent_is_read_past_for_a_while_so_that_the_answer_is_not_lost() {
    let (_server, pipes) = on_pipes().await;
    let mut stranger = stranger_on(&pipes).await;
    let piece = "x".repeat(1 << 20);
    stranger.send(format!("{HEAD}content-length: {}\r\n\r\n", piece.len() * 8)).await;
    let began = Instant::now();
    while stranger.try_send(&piece[..100]).await.is_ok() {
        if began.elapsed().is_zero() {
            stranger.try_send(&piece).await.expect("there is more room than the pipe has");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(began.elapsed().as_secs(), 2);
    stranger.response().await.assert_failed(429, "resource_exhausted", &[]);
}
