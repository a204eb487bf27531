//! Servers that stop while HTTP/1.1 connections are open.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use micro_runtime::{Address, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::http1::{on_pipes, stranger_on};
use crate::shop::Shop;
use crate::stranger::{OK, Stranger};

const FIND: &str = "/shop.v1.Shop/Find";
const PATIENCE: Duration = Duration::from_secs(60);

/// Stops a server that should end no call and take no time for it.
async fn stop(server: &Server) {
    let ended = timeout(PATIENCE, server.stop(Duration::from_secs(3_600))).await;
    assert_eq!(ended.expect("the drain ends"), 0, "a drain ends no calls");
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_closed_at_once() {
    let (server, pipes) = on_pipes().await;
    let mut stranger = stranger_on(&pipes).await;
    stranger.post(FIND, "{}").await;
    assert_eq!(stranger.response().await.status, OK);
    let began = Instant::now();
    stop(&server).await;
    assert!(began.elapsed().is_zero(), "nobody waits for an idle connection");
    assert!(stranger.rest().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_has_said_too_little_is_waited_for_briefly() {
    let (server, pipes) = on_pipes().await;
    let mut stranger = stranger_on(&pipes).await;
    stranger.send("POS").await;
    let began = Instant::now();
    stop(&server).await;
    assert_eq!(began.elapsed(), Duration::from_secs(1));
}

#[tokio::test]
async fn a_call_at_work_is_finished_and_its_connection_closed() {
    let (began, mut begun) = watch::channel(false);
    let (release, released) = watch::channel(false);
    let shop = Shop::new(move |_, request| {
        began.send_replace(true);
        let mut released = released.clone();
        async move {
            released.wait_for(|released| *released).await.unwrap();
            Ok(request)
        }
    });
    let server = shop.start().await;
    let mut stranger = Stranger::dial(&server).await;
    stranger.post(FIND, r#"{"name":"lamp"}"#).await;
    stranger.post(FIND, r#"{"name":"too late"}"#).await;
    begun.wait_for(|begun| *begun).await.unwrap();
    let stopping = stop(&server);
    let answered = async {
        // Every task of the server has its turn before the handler does.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        release.send_replace(true);
        let got = stranger.response().await;
        assert_eq!((got.text(), got.field("connection")), (r#"{"name":"lamp"}"#, "close"));
        assert!(stranger.rest().await.is_empty());
    };
    tokio::join!(stopping, answered);
}

#[tokio::test]
async fn a_request_that_arrived_before_the_drain_is_answered() {
    for _ in 0..20 {
        let server = Shop::echo().start().await;
        let mut stranger = Stranger::dial(&server).await;
        stranger.post(FIND, "{}").await;
        // The server has seen nothing of it so far, for all runs on this thread.
        stop(&server).await;
        assert_eq!(stranger.response().await.status, OK);
        assert!(stranger.rest().await.is_empty());
    }
}

/// What came of a call on a connection that the server may be closing.
#[derive(Debug, PartialEq)]
enum Outcome {
    Answered,
    Closed,
    Refused,
}

/// A caller that keeps its connection as long as the server does.
struct Caller {
    address: String,
    stream: Option<TcpStream>,
}

impl Caller {
    async fn call(&mut self) -> Outcome {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => match TcpStream::connect(&self.address).await {
                Ok(stream) => self.stream.insert(stream),
                Err(_) => return Outcome::Refused,
            },
        };
        let request = format!("GET {FIND} HTTP/1.1\r\nhost: shop\r\n\r\n");
        let mut answer = Vec::new();
        let asked = async {
            stream.write_all(request.as_bytes()).await?;
            while !answer.ends_with(b"\r\n\r\n{}") {
                if stream.read_buf(&mut answer).await? == 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
            }
            Ok::<_, std::io::Error>(())
        };
        let asked = asked.await;
        let text = String::from_utf8_lossy(&answer);
        if asked.is_err() || text.contains("connection: close") {
            self.stream = None;
        }
        if asked.is_ok() {
            assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
            return Outcome::Answered;
        }
        assert!(answer.is_empty(), "an answer is cut: {text}");
        Outcome::Closed
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_answered_or_untouched_while_servers_drain() {
    let handled = Arc::new(AtomicUsize::new(0));
    let shop = {
        let handled = Arc::clone(&handled);
        Shop::new(move |_, request| {
            let number = handled.fetch_add(1, Ordering::SeqCst);
            async move {
                if number.is_multiple_of(2) {
                    tokio::task::yield_now().await;
                }
                Ok(request)
            }
        })
    };
    let listen = |address: Address| shop.clone().server().listen(address).start();
    let mut server = listen(Address::host("127.0.0.1", 0)).await.unwrap();
    let address = server.address();
    let (answered, mut seen) = watch::channel(0_usize);
    let (answered, stopping) = (Arc::new(answered), watch::channel(false).0);
    let callers: Vec<_> = (0..32)
        .map(|_| {
            let (answered, stop) = (Arc::clone(&answered), stopping.subscribe());
            let mut caller = Caller { address: address.to_string(), stream: None };
            tokio::spawn(async move {
                while !*stop.borrow() {
                    match caller.call().await {
                        Outcome::Answered => answered.send_modify(|count| *count += 1),
                        Outcome::Closed | Outcome::Refused => tokio::task::yield_now().await,
                    }
                }
            })
        })
        .collect();
    for _ in 0..10 {
        let wanted = *seen.borrow() + 300;
        timeout(PATIENCE, seen.wait_for(|count| *count >= wanted)).await.unwrap().unwrap();
        stop(&server).await;
        drop(server);
        server = listen(address.clone()).await.unwrap();
    }
    stopping.send_replace(true);
    for caller in callers {
        timeout(PATIENCE, caller).await.expect("a call ends").unwrap();
    }
    let (handled, answered) = (handled.load(Ordering::SeqCst), *answered.borrow());
    assert_eq!(handled, answered, "a call that was handled is answered");
}
