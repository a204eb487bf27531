//! What the memory broker promises beyond the rules of all brokers, and consumers on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use micro_runtime::broker::{Broker, MemoryBroker, Message, SubscribeOptions};
use micro_runtime::{Client, Subscriber};
use tokio::sync::Notify;
use tokio::time::Instant;

async fn publish(broker: &MemoryBroker, message: Arc<Message>) {
    broker.publish(message, Instant::now() + Duration::from_secs(5)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_message_to_many_subscribers_is_one_buffer() {
    let broker = MemoryBroker::new();
    let mut subscriptions = Vec::new();
    for number in 0..64 {
        let options = SubscribeOptions::new("t");
        let options =
            if number % 2 == 0 { options } else { options.group(format!("group {number}")) };
        subscriptions.push(broker.subscribe(options).await.unwrap());
    }
    let body = Bytes::from(vec![7; 1 << 20]);
    publish(&broker, Arc::new(Message::new("t", "x/y", body.clone()))).await;
    for subscription in &mut subscriptions {
        let delivery = subscription.next().await.unwrap().unwrap();
        assert_eq!(delivery.message().body().as_ptr(), body.as_ptr());
        delivery.done();
    }
}

#[tokio::test(start_paused = true)]
async fn a_consumer_whose_hands_are_full_takes_nothing_new_once_it_stops() {
    let broker = MemoryBroker::new();
    let client = Client::builder().broker(Arc::new(broker.clone())).build().unwrap();
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let handled = Arc::new(AtomicUsize::new(0));
    let subscriber = {
        let (begun, go_on, handled) = (begun.clone(), go_on.clone(), handled.clone());
        Subscriber::raw("t", move |_, _| {
            let (begun, go_on, handled) = (begun.clone(), go_on.clone(), handled.clone());
            async move {
                begun.notify_one();
                go_on.notified().await;
                handled.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        })
    };
    let consumer = client.subscribe(subscriber.concurrency(1)).await.unwrap();
    publish(&broker, Arc::new(Message::new("t", "x/y", "first"))).await;
    begun.notified().await;
    let late = async {
        while format!("{broker:?}").contains("\"t\"") {
            tokio::task::yield_now().await;
        }
        publish(&broker, Arc::new(Message::new("t", "x/y", "late"))).await;
        go_on.notify_one();
    };
    let both = async { tokio::join!(consumer.stop(), late) };
    tokio::time::timeout(Duration::from_secs(5), both).await.expect("it stops");
    assert_eq!(handled.load(Ordering::Relaxed), 1);
}
