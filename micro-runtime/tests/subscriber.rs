//! What becomes of messages: handled, tried again, rejected, and finished when a service stops.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use micro_runtime::broker::{
    Broker, DeadLetter, Decision, Delivery, DeliverySource, Message, Received, RetryPolicy,
    Settlement, SubscribeOptions, Subscription,
};
use micro_runtime::codec::Json;
use micro_runtime::testing::World;
use micro_runtime::wkt::StringValue;
use micro_runtime::{BoxFuture, Client, Code, Context, Error, Metadata, Result, Subscriber};
use tokio::sync::{Notify, mpsc};
use tokio::time::{Instant, timeout};

const TOPIC: &str = "orders.placed";

fn order(text: &str) -> StringValue {
    StringValue { value: text.to_owned() }
}

fn client() -> Client {
    World::new().client().build().unwrap()
}

/// A handler that tells what it got, and what to answer to it.
fn telling(
    answer: impl Fn(&str) -> Result<()> + Send + Sync + 'static,
) -> (Subscriber, mpsc::UnboundedReceiver<String>) {
    let (told, heard) = mpsc::unbounded_channel();
    let subscriber = Subscriber::to_topic(TOPIC, move |_: Context, order: StringValue| {
        told.send(order.value.clone()).unwrap();
        std::future::ready(answer(&order.value))
    });
    (subscriber, heard)
}

async fn dead_letters(client: &Client) -> Subscription {
    let options = SubscribeOptions::new(format!("{TOPIC}.dead"));
    client.broker().subscribe(options).await.unwrap()
}

async fn next_letter(letters: &mut Subscription) -> (Arc<Message>, DeadLetter) {
    let delivery = letters.next().await.unwrap().unwrap();
    let message = Arc::clone(delivery.message());
    delivery.done();
    let letter = DeadLetter::of(&message).unwrap();
    (message, letter)
}

#[tokio::test]
async fn a_message_is_handled_once_whatever_its_codec() {
    let client = client();
    let (subscriber, mut heard) = telling(|_| Ok(()));
    let consumer = client.subscribe(subscriber).await.unwrap();
    client.publish_to(TOPIC, order("as protobuf")).await.unwrap();
    client.publish_to(TOPIC, order("as json")).codec(Json).await.unwrap();
    client.publish_raw(TOPIC, "application/json; charset=utf-8", "\"by hand\"").await.unwrap();
    for wanted in ["as protobuf", "as json", "by hand"] {
        assert_eq!(heard.recv().await.unwrap(), wanted);
    }
    consumer.stop().await;
    assert!(heard.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_is_called_again_after_growing_pauses_and_then_the_message_is_dead() {
    let client = client();
    let mut letters = dead_letters(&client).await;
    let times = Arc::new(Mutex::new(Vec::new()));
    let subscriber = Subscriber::to_topic(TOPIC, {
        let times = Arc::clone(&times);
        move |context: Context, _: StringValue| {
            times.lock().unwrap().push(Instant::now());
            let attempt = context.value::<Received>().unwrap().attempt;
            std::future::ready(Err(Error::unavailable(format!("no mail server on try {attempt}"))))
        }
    });
    let subscriber = subscriber.group("mailers").retry(RetryPolicy::default().attempts(3));
    let _consumer = client.subscribe(subscriber).await.unwrap();
    client.publish_to(TOPIC, order("7")).key("ann").metadata("x-tenant", "acme").await.unwrap();

    let (message, letter) = next_letter(&mut letters).await;
    assert_eq!(
        (letter.topic.as_str(), letter.group.as_deref(), letter.attempts),
        (TOPIC, Some("mailers"), 3)
    );
    let errors = letter.errors;
    assert_eq!(errors.len(), 3);
    assert_eq!(errors[2], "attempt 3: unavailable: no mail server on try 3");
    assert_eq!((message.key(), message.headers().get("x-tenant")), (Some("ann"), Some("acme")));
    let times = times.lock().unwrap().clone();
    let (first, second) = (times[1] - times[0], times[2] - times[1]);
    assert!(first >= Duration::from_millis(50) && first <= Duration::from_millis(101), "{first:?}");
    assert!(
        second >= Duration::from_millis(100) && second <= Duration::from_millis(201),
        "{second:?}"
    );
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_dead_at_once_and_its_letter_names_the_field() {
    let client = client();
    let mut letters = dead_letters(&client).await;
    let (subscriber, mut heard) = telling(|_| Ok(()));
    let _consumer = client.subscribe(subscriber).await.unwrap();
    client.publish_raw(TOPIC, "application/json", "7").await.unwrap();
    client.publish_raw(TOPIC, "application/msgpack", "x").await.unwrap();
    let (_, letter) = next_letter(&mut letters).await;
    assert_eq!(letter.attempts, 1);
    assert!(letter.errors[0].contains("no google.protobuf.StringValue as json"), "{letter:?}");
    let (_, letter) = next_letter(&mut letters).await;
    assert!(letter.errors[0].contains("\"msgpack\""), "{letter:?}");
    assert!(letter.errors[0].contains("proto, json"), "{letter:?}");
    assert!(heard.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_an_error_like_others_and_the_message_comes_again() {
    let client = client();
    let calls = AtomicUsize::new(0);
    let (subscriber, mut heard) = telling(move |_| {
        assert!(calls.fetch_add(1, Ordering::Relaxed) > 0, "on purpose, the first time");
        Ok(())
    });
    let consumer = client.subscribe(subscriber).await.unwrap();
    client.publish_to(TOPIC, order("x")).await.unwrap();
    assert_eq!(heard.recv().await.unwrap(), "x");
    assert_eq!(heard.recv().await.unwrap(), "x");
    consumer.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_retry_holds_up_its_own_key_and_no_other() {
    let client = client();
    let failing = AtomicUsize::new(2);
    let (subscriber, mut heard) = telling(move |text| {
        let fails = text == "a1" && failing.load(Ordering::Relaxed) > 0;
        failing.fetch_sub(usize::from(fails), Ordering::Relaxed);
        if fails { Err(Error::unavailable("not yet")) } else { Ok(()) }
    });
    let _consumer = client.subscribe(subscriber).await.unwrap();
    for text in ["a1", "a2", "b1", "b2"] {
        client.publish_to(TOPIC, order(text)).key(&text[..1]).await.unwrap();
    }
    let mut order = Vec::new();
    while order.len() < 6 {
        order.push(heard.recv().await.unwrap());
    }
    assert_eq!(order, ["a1", "b1", "b2", "a1", "a1", "a2"]);
}

#[tokio::test]
async fn no_more_messages_are_handled_at_a_time_than_wanted() {
    let client = client();
    let (at_work, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (done, mut finished) = mpsc::unbounded_channel();
    let subscriber = Subscriber::raw(TOPIC, {
        let most = Arc::clone(&most);
        move |_: Context, _: Arc<Message>| {
            let (at_work, most, done) = (Arc::clone(&at_work), Arc::clone(&most), done.clone());
            async move {
                most.fetch_max(at_work.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                at_work.fetch_sub(1, Ordering::SeqCst);
                done.send(()).unwrap();
                Ok(())
            }
        }
    });
    let _consumer = client.subscribe(subscriber.concurrency(3)).await.unwrap();
    for number in 0..50 {
        client.publish_raw(TOPIC, "text/plain", format!("{number}")).await.unwrap();
    }
    for _ in 0..50 {
        finished.recv().await.unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_stops_finishes_what_is_at_work_and_leaves_retries_to_others() {
    let client = client();
    let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let finished = Arc::new(AtomicUsize::new(0));
    let stopping = Subscriber::raw(TOPIC, {
        let (begun, finish, finished) =
            (Arc::clone(&begun), Arc::clone(&finish), Arc::clone(&finished));
        move |_: Context, message: Arc<Message>| {
            let (begun, finish, finished) =
                (Arc::clone(&begun), Arc::clone(&finish), Arc::clone(&finished));
            async move {
                begun.notify_one();
                if message.body() == "fails" {
                    return Err(Error::unavailable("not here"));
                }
                finish.notified().await;
                finished.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        }
    });
    let consumer = client.subscribe(stopping.group("g")).await.unwrap();
    client.publish_raw(TOPIC, "text/plain", "slow").await.unwrap();
    begun.notified().await;
    client.publish_raw(TOPIC, "text/plain", "fails").await.unwrap();
    begun.notified().await;

    let mut other =
        client.broker().subscribe(SubscribeOptions::new(TOPIC).group("g")).await.unwrap();
    let mut stop = Box::pin(consumer.stop());
    assert!(timeout(Duration::from_millis(1), &mut stop).await.is_err());
    finish.notify_one();
    stop.await;
    assert_eq!(finished.load(Ordering::Relaxed), 1);
    let delivery = other.next().await.unwrap().unwrap();
    assert_eq!(delivery.message().body(), "fails");
    delivery.done();
}

#[tokio::test]
async fn the_trace_and_the_allowed_metadata_travel_with_a_message_and_on() {
    let client = client();
    let (told, mut heard) = mpsc::unbounded_channel();
    let forwarding = Subscriber::raw(TOPIC, {
        let client = client.clone();
        move |context: Context, _: Arc<Message>| {
            assert_eq!(context.deadline(), None);
            let client = client.clone();
            async move { client.publish_raw("further", "text/plain", "").await }
        }
    });
    let last = Subscriber::raw("further", move |context: Context, _: Arc<Message>| {
        told.send(context.metadata().clone()).unwrap();
        std::future::ready(Ok(()))
    });
    let _forwarding = client.subscribe(forwarding).await.unwrap();
    let _last = client.subscribe(last).await.unwrap();

    let mut metadata = Metadata::new();
    metadata.append("traceparent", "00-1-2-01").unwrap();
    metadata.append("authorization", "secret").unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let call =
        Context::new(metadata.into(), Some(deadline), micro_runtime::context::Peer::default());
    let publish = call.sync_scope(|| client.publish_raw(TOPIC, "text/plain", ""));
    publish.await.unwrap();
    let received = heard.recv().await.unwrap();
    assert_eq!(received.get("traceparent"), Some("00-1-2-01"));
    assert_eq!(received.get("authorization"), None);
}

/// A broker that delivers one message for a given time, and takes dead letters if it may.
#[derive(Clone, Debug)]
struct Fake {
    attempt: u32,
    refusals: Arc<AtomicUsize>,
    letters: mpsc::UnboundedSender<Arc<Message>>,
    settled: mpsc::UnboundedSender<Settlement>,
}

impl Broker for Fake {
    fn describe(&self) -> String {
        "fake".to_owned()
    }

    fn publish(&self, message: Arc<Message>, _: Instant) -> BoxFuture<Result<()>> {
        let refused = self
            .refusals
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if refused.is_err() {
            self.letters.send(message).unwrap();
        }
        let result = refused.map_or(Ok(()), |_| Err(Error::unavailable("not now")));
        Box::pin(std::future::ready(result))
    }

    fn subscribe(&self, _: SubscribeOptions) -> BoxFuture<Result<Subscription>> {
        let settled = self.settled.clone();
        let message = Arc::new(Message::new(TOPIC, "text/plain", "x"));
        let settle = move |settlement| settled.send(settlement).unwrap();
        let delivery = Delivery::new(message, self.attempt, settle);
        let source = One(Some(delivery));
        Box::pin(std::future::ready(Ok(Subscription::new(source))))
    }
}

struct One(Option<Delivery>);

impl DeliverySource for One {
    fn poll_delivery(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Delivery>>> {
        match self.0.take() {
            Some(delivery) => std::task::Poll::Ready(Some(Ok(delivery))),
            None => std::task::Poll::Pending,
        }
    }

    fn close(&mut self) -> BoxFuture<Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_delivered_too_often_is_dead_without_being_handled() {
    let ((letters, mut received), (settled, mut settlements)) =
        (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let fake = Fake { attempt: 6, refusals: Arc::default(), letters, settled };
    let client = World::new().with_broker(fake).client().build().unwrap();
    let (subscriber, mut heard) = telling(|_| Ok(()));
    let _consumer = client.subscribe(subscriber).await.unwrap();
    let letter = DeadLetter::of(&received.recv().await.unwrap()).unwrap();
    assert_eq!(letter.attempts, 5);
    assert!(letter.errors[0].contains("never done"), "{letter:?}");
    assert_eq!(settlements.recv().await, Some(Settlement::Done));
    assert!(heard.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_is_not_accepted_is_sent_again_before_the_message_is_done() {
    let ((letters, mut received), (settled, mut settlements)) =
        (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let fake = Fake { attempt: 1, refusals: Arc::new(AtomicUsize::new(3)), letters, settled };
    let client = World::new().with_broker(fake).client().build().unwrap();
    let reject = RetryPolicy::default().decide(|_| Decision::Reject);
    let subscriber = Subscriber::raw(TOPIC, |_: Context, _: Arc<Message>| {
        std::future::ready(Err(Error::internal("broken")))
    });
    let _consumer = client.subscribe(subscriber.retry(reject)).await.unwrap();
    received.recv().await.unwrap();
    assert_eq!(settlements.recv().await, Some(Settlement::Done));
}

#[tokio::test]
async fn what_cannot_be_published_says_why() {
    let client = client();
    let error = client.publish_raw("", "text/plain", "x").await.unwrap_err();
    assert_eq!(
        (error.code(), error.message().contains("needs a name")),
        (Code::InvalidArgument, true)
    );
    let error = client.publish_raw("two words", "text/plain", "x").await.unwrap_err();
    assert!(error.message().contains("\"two words\""), "{error}");
    let error = client.publish_raw("t", "text/plain", "x").metadata("a b", "c").await.unwrap_err();
    assert!(error.message().contains("\"a b\""), "{error}");
    let subscriber = Subscriber::raw("t", |_: Context, _: Arc<Message>| std::future::ready(Ok(())));
    let error = client.subscribe(subscriber.group("my group")).await.unwrap_err();
    assert!(error.message().contains("group \"my group\""), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_service_subscribes_when_it_starts_and_finishes_deliveries_when_it_stops() {
    let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let finished = Arc::new(AtomicUsize::new(0));
    let subscriber = Subscriber::raw(TOPIC, {
        let (begun, finish, finished) =
            (Arc::clone(&begun), Arc::clone(&finish), Arc::clone(&finished));
        move |_: Context, _: Arc<Message>| {
            let (begun, finish, finished) =
                (Arc::clone(&begun), Arc::clone(&finish), Arc::clone(&finished));
            async move {
                begun.notify_one();
                finish.notified().await;
                finished.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        }
    });
    let service = World::new().service("mailer").subscribe(subscriber).build().unwrap();
    let client = service.client();
    let running = service.start().await.unwrap();
    client.publish_raw(TOPIC, "text/plain", "x").await.unwrap();
    begun.notified().await;
    let mut stop = Box::pin(running.stop());
    assert!(timeout(Duration::from_secs(2), &mut stop).await.is_err());
    finish.notify_one();
    stop.await;
    assert_eq!(finished.load(Ordering::Relaxed), 1);
}
