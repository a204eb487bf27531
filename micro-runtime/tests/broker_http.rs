//! What the http broker promises beyond the rules of all brokers.

use std::sync::Arc;
use std::time::Duration;

use micro_runtime::broker::{Broker, HttpBroker, Message, SubscribeOptions, Subscription};
use micro_runtime::registry::{MemoryRegistry, Node, Registration, Registry};
use micro_runtime::transport::HttpTransport;
use micro_runtime::{Address, Code};
use tokio::time::{Instant, timeout};

const TOPIC: &str = "orders";

/// A broker as in a process of its own: it shares the registry with the others, and nothing else.
fn broker(registry: &MemoryRegistry) -> HttpBroker {
    HttpBroker::new(Arc::new(registry.clone()), Arc::new(HttpTransport::default()))
}

fn in_(limit: Duration) -> Instant {
    Instant::now() + limit
}

async fn publish(broker: &HttpBroker, body: &'static str) {
    let message = Arc::new(Message::new(TOPIC, "text/plain", body));
    broker.publish(message, in_(Duration::from_secs(10))).await.unwrap();
}

async fn subscribe(broker: &HttpBroker, group: &str) -> Subscription {
    broker.subscribe(SubscribeOptions::new(TOPIC).group(group)).await.unwrap()
}

async fn next(subscription: &mut Subscription) -> micro_runtime::broker::Delivery {
    let next = timeout(Duration::from_secs(10), subscription.next()).await;
    next.expect("a delivery comes").unwrap().unwrap()
}

#[tokio::test]
async fn an_accepted_message_survives_its_publisher() {
    let registry = MemoryRegistry::new();
    let (publisher, subscriber) = (broker(&registry), broker(&registry));
    let mut subscription = subscribe(&subscriber, "g").await;
    publish(&publisher, "first").await;
    publish(&publisher, "second").await;
    drop(publisher);
    for wanted in ["first", "second"] {
        let delivery = next(&mut subscription).await;
        assert_eq!(delivery.message().body(), wanted);
        delivery.done();
    }
}

#[tokio::test]
async fn an_accepted_message_waits_for_the_next_member_of_its_group() {
    let registry = MemoryRegistry::new();
    let (publisher, first) = (broker(&registry), broker(&registry));
    let mut subscription = subscribe(&first, "g").await;
    publish(&publisher, "begun").await;
    publish(&publisher, "waiting").await;
    drop(next(&mut subscription).await);
    drop(subscription);
    assert!(registry.list().await.unwrap().is_empty());

    let second = broker(&registry);
    let mut subscription = subscribe(&second, "g").await;
    let mut bodies = Vec::new();
    for _ in 0..2 {
        let delivery = next(&mut subscription).await;
        bodies.push(delivery.message().body().clone());
        delivery.done();
    }
    bodies.sort();
    assert_eq!(bodies, ["begun", "waiting"]);
}

#[tokio::test]
async fn flush_waits_until_what_was_published_is_handled() {
    let registry = MemoryRegistry::new();
    let (publisher, subscriber) = (broker(&registry), broker(&registry));
    let mut subscription = subscribe(&subscriber, "g").await;
    publish(&publisher, "x").await;
    let mut flush = publisher.flush();
    let delivery = next(&mut subscription).await;
    assert!(timeout(Duration::from_millis(20), &mut flush).await.is_err());
    delivery.done();
    timeout(Duration::from_secs(10), flush).await.unwrap();
}

#[tokio::test]
async fn a_subscription_is_a_node_with_topic_and_group_and_a_publisher_is_none() {
    let registry = MemoryRegistry::new();
    let (publisher, subscriber) = (broker(&registry), broker(&registry));
    publish(&publisher, "to nobody").await;
    assert!(registry.list().await.unwrap().is_empty());
    let _subscription = subscribe(&subscriber, "mailers").await;
    assert_eq!(registry.list().await.unwrap(), ["topic:orders"]);
    let watch = registry.watch("topic:orders");
    let node = Arc::clone(&watch.borrow().nodes[0]);
    assert_eq!(node.metadata["topic"], "orders");
    assert_eq!(node.metadata["group"], "mailers");
    assert_eq!(node.metadata.len(), 2);
}

#[tokio::test]
async fn a_group_that_cannot_be_reached_is_named_with_those_that_accepted() {
    let registry = MemoryRegistry::new();
    // Nobody listens at port 1.
    let unreachable = Node::new("gone", Address::host("127.0.0.1", 1)).label("group", "printers");
    let _lease = registry.register(Registration::new("topic:orders", unreachable)).await.unwrap();
    let (publisher, subscriber) = (broker(&registry), broker(&registry));
    let mut subscription = subscribe(&subscriber, "mailers").await;
    let message = Arc::new(Message::new(TOPIC, "text/plain", "x"));
    let error = publisher.publish(message, in_(Duration::from_millis(100))).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    let text = error.to_string();
    assert!(text.contains("group \"printers\" did not accept"), "{text}");
    assert!(text.contains("accepted by group \"mailers\""), "{text}");
    assert!(text.contains("topic orders"), "{text}");
    next(&mut subscription).await.done();
    // What nobody had is forgotten: nothing waits for the group that was never reached.
    timeout(Duration::from_secs(10), publisher.flush()).await.unwrap();
}

#[tokio::test]
async fn a_group_that_leaves_before_it_accepts_holds_no_publisher_up() {
    let registry = MemoryRegistry::new();
    let unreachable = Node::new("gone", Address::host("127.0.0.1", 1)).label("group", "printers");
    let lease = registry.register(Registration::new("topic:orders", unreachable)).await.unwrap();
    let publisher = broker(&registry);
    let message = Arc::new(Message::new(TOPIC, "text/plain", "x"));
    let mut publishing = publisher.publish(message, in_(Duration::from_secs(60)));
    assert!(timeout(Duration::from_millis(50), &mut publishing).await.is_err());
    lease.withdraw().await.unwrap();
    timeout(Duration::from_secs(10), publishing).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_publisher_to_ever_new_topics_forgets_those_at_rest_and_no_message() {
    let registry = MemoryRegistry::new();
    let (publisher, subscriber) = (broker(&registry), broker(&registry));
    let mut subscription = subscribe(&subscriber, "g").await;
    publish(&publisher, "kept").await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    for number in 0..1_000 {
        let message = Arc::new(Message::new(format!("t{number}"), "text/plain", ""));
        publisher.publish(message, in_(Duration::from_secs(10))).await.unwrap();
    }
    let forgotten = async {
        while tasks() > 600 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), forgotten).await.expect("topics at rest have no task");
    let delivery = next(&mut subscription).await;
    assert_eq!(delivery.message().body(), "kept");
    delivery.done();
    timeout(Duration::from_secs(10), publisher.flush()).await.unwrap();
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_before_it_is_sent() {
    let registry = MemoryRegistry::new();
    let publisher = broker(&registry);
    let message = Arc::new(Message::new(TOPIC, "text/plain", vec![0; 5 << 20]));
    let error = publisher.publish(message, in_(Duration::from_secs(1))).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert!(error.message().contains("4194304 bytes"), "{error}");
}

#[tokio::test]
async fn a_broker_without_a_registry_says_so() {
    let broker = HttpBroker::unattached(None);
    let message = Arc::new(Message::new(TOPIC, "text/plain", ""));
    let error = broker.publish(message, in_(Duration::from_secs(1))).await.unwrap_err();
    assert!(error.message().contains("HttpBroker::new"), "{error}");
    let error = broker.subscribe(SubscribeOptions::new(TOPIC)).await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition);
}
