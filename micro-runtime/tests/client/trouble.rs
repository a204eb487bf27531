//! What callers see when their own stream fails, when middleware panics, and while nodes restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use micro_runtime::middleware::{Invocation, Next};
use micro_runtime::service::Running;
use micro_runtime::transport::{HttpTransport, Transport};
use micro_runtime::{Code, Error, Reach, Streaming, channel};
use tokio::time::{Instant, timeout};

use crate::service::{Handled, TestClient, World, text};

const PATIENCE: Duration = Duration::from_secs(60);

/// A world whose calls go over sockets.
struct Http(World);

impl Http {
    fn transport() -> Arc<dyn Transport> {
        Arc::new(HttpTransport::default())
    }

    async fn node(&self, id: &str) -> Running {
        let node = self.0.service("test", id).transport(Self::transport()).grace(Duration::ZERO);
        node.handle(Handled::says(id)).build().unwrap().start().await.unwrap()
    }

    fn client(&self) -> TestClient {
        TestClient::new("test", self.0.builder().transport(Self::transport()).build().unwrap())
    }
}

#[tokio::test]
async fn a_stream_of_requests_is_gathered() {
    let http = Http(World::default());
    let _node = http.node("a").await;
    let requests = Streaming::from_items(["a", "b", "c"].map(text));
    assert_eq!(http.client().gather(requests).await.unwrap().text, "abc");
}

#[tokio::test]
async fn a_callers_own_failing_stream_is_what_its_call_fails_with() {
    let (http, memory) = (Http(World::default()), World::default());
    let _nodes = (http.node("a").await, memory.node("test", "a", Handled::says("a")).await);
    for client in [http.client(), memory.client("test")] {
        let (sender, requests) = channel(1);
        let call = tokio::spawn(client.gather(requests));
        sender.send(text("a")).await.unwrap();
        sender.fail(Error::data_loss("the caller's disk is broken")).await.unwrap();
        let error = timeout(PATIENCE, call).await.unwrap().unwrap().unwrap_err();
        assert_eq!(error.code(), Code::DataLoss, "{error}");
        assert_eq!(error.message(), "the caller's disk is broken");
        assert_eq!(error.fact("method"), Some("Test.Gather"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_requests_waits_for_a_node_no_longer_than_other_calls() {
    let (world, started) = (World::default(), Instant::now());
    let call = world.client("test").gather(Streaming::from_items([text("a")]));
    let error = call.await.unwrap_err();
    assert_eq!((error.code(), error.reach()), (Code::Unavailable, Reach::NotSent));
    assert_eq!(started.elapsed(), Duration::from_secs(5));
}

#[tokio::test]
async fn a_time_limit_that_no_clock_can_hold_is_a_very_long_one() {
    let world = World::default();
    let _node = world.node("test", "a", Handled::says("a")).await;
    let client = world.builder().timeout(Duration::MAX).build().unwrap();
    let client = TestClient::new("test", client);
    assert_eq!(client.read("").await.unwrap().text, "a");
    assert_eq!(client.read("").timeout(Duration::MAX).await.unwrap().text, "a");
}

#[tokio::test]
async fn middleware_that_panics_fails_its_call_and_nothing_else() {
    let http = Http(World::default());
    let panics = |invocation: Invocation, next: Next| async move {
        assert!(invocation.metadata().get("x-panic").is_none(), "on purpose");
        next.run(invocation).await
    };
    let node = http.0.service("test", "a").transport(Http::transport()).middleware(panics);
    let waits = Handled::new(|_, request| async move {
        tokio::task::yield_now().await;
        Ok(request)
    });
    let _node = node.handle(waits).build().unwrap().start().await.unwrap();
    let client = http.client();
    for _ in 0..20 {
        // One in flight beside the one that panics, on the same connection.
        let call = client.read("").metadata("x-panic", "now");
        let (other, failed) = tokio::join!(client.write("beside"), call);
        assert_eq!(other.unwrap().text, "beside");
        let error = failed.unwrap_err();
        assert_eq!((error.code(), error.reach()), (Code::Internal, Reach::Answered), "{error}");
        assert!(!error.message().contains("on purpose"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_unmarked_call_fails_while_one_node_after_the_other_restarts() {
    let http = Http(World::default());
    let mut nodes = vec![http.node("a").await, http.node("b").await];
    let (client, stop) = (http.client(), Arc::new(AtomicBool::new(false)));
    let answered = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..32)
        .map(|_| {
            let (client, stop, answered) = (client.clone(), stop.clone(), answered.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::SeqCst) {
                    client.write("").await?;
                    answered.fetch_add(1, Ordering::SeqCst);
                }
                Ok::<_, Error>(())
            })
        })
        .collect();
    for round in 0..10 {
        let wanted = answered.load(Ordering::SeqCst) + 300;
        let more = async {
            while answered.load(Ordering::SeqCst) < wanted
                && !callers.iter().any(|c| c.is_finished())
            {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, more).await.expect("calls are answered");
        nodes.remove(0).stop().await;
        nodes.push(http.node(["a", "b"][round % 2]).await);
    }
    stop.store(true, Ordering::SeqCst);
    for caller in callers {
        let outcome = timeout(PATIENCE, caller).await.expect("a caller ends").unwrap();
        assert!(outcome.is_ok(), "an unmarked call failed: {outcome:?}");
    }
}
