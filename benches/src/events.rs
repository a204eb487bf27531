//! Events on micro's brokers, and on tokio's broadcast channel as the floor of a fan-out in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use micro_runtime::broker::{Consumer, MemoryBroker};
use micro_runtime::{Client, Subscriber};
use tokio::sync::broadcast;
use tokio::task::JoinSet;

use crate::measure::Figures;

const TOPIC: &str = "bench.event";
/// How many events wait for a receiver of the channel before its sender waits: it has no way to wait itself.
const BACKLOG: usize = 512;

/// Counts the events that it handles, as a member of a group.
pub async fn subscribe(client: &Client, group: &str, handled: &Arc<AtomicU64>) -> Consumer {
    let handled = Arc::clone(handled);
    let count = move |_, _| {
        handled.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Ok(()))
    };
    let subscriber = Subscriber::raw(TOPIC, count).group(group);
    client.subscribe(subscriber).await.expect("a subscription")
}

/// Publishes for `time` with `in_flight` events waiting to be accepted at once.
pub async fn publish(client: &Client, bytes: usize, in_flight: usize, time: Duration) -> Figures {
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..in_flight {
        tasks.spawn(repeat(client.clone(), bytes::Bytes::from(vec![0x61; bytes]), started + time));
    }
    let mut all = Histogram::<u64>::new(3).expect("three digits");
    for one in tasks.join_all().await {
        all.add(one).expect("the same histogram");
    }
    client.broker().flush().await;
    let quantile = |part| Duration::from_nanos(all.value_at_quantile(part));
    let (p50, p99) = (quantile(0.5), quantile(0.99));
    Figures { calls: all.len(), elapsed: started.elapsed(), p50, p99 }
}

async fn repeat(client: Client, body: bytes::Bytes, until: Instant) -> Histogram<u64> {
    let mut latencies = Histogram::new(3).expect("three digits");
    let mut now = Instant::now();
    while now < until {
        let event = client.publish_raw(TOPIC, "application/octet-stream", body.clone());
        event.await.expect("an event is accepted");
        let after = Instant::now();
        let nanos = u64::try_from((after - now).as_nanos()).unwrap_or(u64::MAX);
        latencies.record(nanos).expect("the histogram grows");
        now = after;
        tokio::task::coop::consume_budget().await;
    }
    latencies
}

/// Publisher and subscribers in one process, on a memory broker.
pub async fn memory(subscribers: usize, bytes: usize, in_flight: usize, time: Duration) -> Figures {
    let client = Client::builder().broker(Arc::new(MemoryBroker::new())).build().expect("a client");
    let handled = Arc::new(AtomicU64::new(0));
    let mut consumers = Vec::new();
    for number in 0..subscribers {
        consumers.push(subscribe(&client, &format!("group-{number}"), &handled).await);
    }
    let started = Instant::now();
    let figures = publish(&client, bytes, in_flight, time).await;
    all_handled(&handled, figures.calls * subscribers as u64).await;
    Figures { elapsed: started.elapsed(), ..figures }
}

/// The same on a channel, which keeps nothing that it cannot deliver and knows no keys, groups or retries.
pub async fn channel(subscribers: usize, bytes: usize, time: Duration) -> Figures {
    let (sender, _) = broadcast::channel::<bytes::Bytes>(2 * BACKLOG);
    let handled = Arc::new(AtomicU64::new(0));
    for _ in 0..subscribers {
        let (mut receiver, handled) = (sender.subscribe(), Arc::clone(&handled));
        tokio::spawn(async move {
            while receiver.recv().await.is_ok() {
                handled.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let (started, body, mut sent) = (Instant::now(), bytes::Bytes::from(vec![0x61; bytes]), 0);
    while started.elapsed() < time {
        while sender.len() >= BACKLOG {
            tokio::task::yield_now().await;
        }
        sender.send(body.clone()).expect("there are receivers");
        sent += 1;
    }
    all_handled(&handled, sent * subscribers as u64).await;
    let none = Duration::ZERO;
    Figures { calls: sent, elapsed: started.elapsed(), p50: none, p99: none }
}

async fn all_handled(handled: &AtomicU64, expected: u64) {
    while handled.load(Ordering::Relaxed) < expected {
        tokio::task::yield_now().await;
    }
}
