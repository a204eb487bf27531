//! What publishers do about subscribers that are gone.

use std::sync::Arc;
use std::time::Duration;

use micro_runtime::broker::{Broker, HttpBroker, Message, SubscribeOptions, Subscription};
use micro_runtime::registry::{MemoryRegistry, Registry};
use micro_runtime::transport::{MemoryTransport, Transport};
use tokio::time::{Instant, timeout};

const PATIENCE: Duration = Duration::from_secs(20);

/// A publisher and a subscriber, each with a broker of its own.
async fn pair(capacity: usize) -> (HttpBroker, Subscription) {
    let registry: Arc<dyn Registry> = Arc::new(MemoryRegistry::new());
    let transport: Arc<dyn Transport> = Arc::new(MemoryTransport::new());
    let open = || HttpBroker::new(registry.clone(), transport.clone());
    let options = SubscribeOptions::new("t").capacity(capacity);
    let subscription = open().subscribe(options).await.unwrap();
    (open(), subscription)
}

async fn publish(broker: &HttpBroker) -> micro_runtime::Result<()> {
    let message = Arc::new(Message::new("t", "x/y", "body"));
    broker.publish(message, Instant::now() + 2 * PATIENCE).await
}

#[tokio::test]
async fn flush_ends_when_a_subscriber_without_a_group_is_gone() {
    let (broker, mut subscription) = pair(9).await;
    publish(&broker).await.unwrap();
    let delivery = subscription.next().await.unwrap().unwrap();
    let mut flush = broker.flush();
    assert!(timeout(Duration::ZERO, &mut flush).await.is_err(), "a message is at work");
    drop(subscription);
    timeout(PATIENCE, flush).await.expect("flush ends");
    drop(delivery);
}

#[tokio::test]
async fn a_message_that_only_a_subscriber_who_is_gone_had_to_take_is_accepted() {
    let (broker, subscription) = pair(1).await;
    publish(&broker).await.unwrap();
    let mut second = Box::pin(publish(&broker));
    assert!(timeout(Duration::ZERO, &mut second).await.is_err(), "its queue is full");
    drop(subscription);
    timeout(PATIENCE, second).await.expect("it waits for nobody").unwrap();
}
