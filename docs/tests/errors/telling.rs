//! Events that are not accepted, or not handled.

use std::sync::Arc;
use std::time::Duration;

use guide::greeter::v1::Greeted;
use micro_runtime::broker::{
    Broker, DeadLetter, HttpBroker, Message, RetryPolicy, SubscribeOptions,
};
use micro_runtime::client::Publish;
use micro_runtime::registry::{MemoryRegistry, Node, Registration, Registry};
use micro_runtime::testing::World;
use micro_runtime::{Address, Client, Context, Error, Result, Subscriber};
use tokio::time::Instant;

use crate::table::Table;
use crate::world::{client, unused_port};

const SOON: Duration = Duration::from_millis(200);
const TOPIC: &str = "greeter.greeted";

pub(crate) async fn rows(table: &mut Table) {
    table.section("Events");
    names(table).await;
    http(table).await;
    waiting(table).await;
    letters(table).await;
}

fn in_memory() -> Client {
    World::new().client().build().unwrap()
}

async fn names(table: &mut Table) {
    let client = in_memory();
    let told = |topic: &str| client.publish_to(topic.to_owned(), Greeted::default());
    for (wrong, topic) in [("gave no topic", ""), ("chose a topic with a space", "orders placed")] {
        let error = told(topic).await.unwrap_err();
        table.row(wrong, &format!("client.publish_to({topic:?}, order)"), error);
    }
    let subscriber = Subscriber::new(handled).group("the mailers");
    let error = client.subscribe(subscriber).await.unwrap_err();
    table.row("chose a group with a space", r#"subscriber.group("the mailers")"#, error);

    let error = told(TOPIC).metadata("x tenant", "acme").await.unwrap_err();
    let how = r#"client.publish(event).metadata("x tenant", "acme")"#;
    table.row("chose a header that is none", how, error);
}

async fn handled(_: Context, _: Greeted) -> Result<()> {
    Ok(())
}

fn long() -> Greeted {
    Greeted { name: "Ann ".repeat(2 << 20), ..Greeted::default() }
}

async fn http(table: &mut Table) {
    let registry = Arc::new(MemoryRegistry::new());
    let client = client().registry(registry.clone()).build().unwrap();
    let error = client.publish(long()).await.unwrap_err();
    table.row("published more than 4 MiB", "client.publish(photograph)", error);

    let gone = Address::host("127.0.0.1", unused_port().await);
    let node = Node::new("subscription-1", gone).label("topic", TOPIC).label("group", "mailers");
    let _lease = registry.register(Registration::new(format!("topic:{TOPIC}"), node)).await;
    let error = client.publish(Greeted::default()).timeout(SOON).await.unwrap_err();
    table.row("published while no member can be reached", "client.publish(event)", error);

    let broker = HttpBroker::unattached(None);
    let message = Arc::new(Message::new(TOPIC, "text/plain", "Ann"));
    let error = broker.publish(message, Instant::now() + SOON).await.unwrap_err();
    let how = "HttpBroker::unattached(None).publish(…)";
    table.row("used a broker before a client had it", how, error);
}

async fn waiting(table: &mut Table) {
    let client = in_memory();
    let sleepy = Subscriber::new(|_: Context, _: Greeted| std::future::pending());
    let sleepy = client.subscribe(sleepy.group("mailers").capacity(1)).await.unwrap();
    client.publish(Greeted::default()).await.unwrap();
    let error = client.publish(Greeted::default()).timeout(SOON).await.unwrap_err();
    table.row("published more than subscribers handle", "client.publish(event)", error);
    drop(sleepy);
}

async fn letters(table: &mut Table) {
    let how = "DeadLetter::of(&message)";
    let greeted = |client: &Client| client.publish(Greeted::default());
    let fails = |_: Context, _: Greeted| async { Err(Error::not_found("there is no such guest")) };
    let errors = history(Subscriber::new(fails), greeted).await;
    table.row("failed in a handler", how, errors);

    let late = |_: Context, _: Greeted| async { Err(Error::unavailable("no mail today")) };
    let twice = RetryPolicy::default().attempts(2).pauses(Duration::ZERO, Duration::ZERO);
    let errors = history(Subscriber::new(late).retry(twice), greeted).await;
    table.row("failed as often as its policy allows", how, errors);

    let clumsy =
        |_: Context, greeted: Greeted| async move { panic!("no paper for {:?}", greeted.name) };
    let once = RetryPolicy::default().attempts(1);
    let errors = history(Subscriber::new(clumsy).retry(once), greeted).await;
    table.row("panicked in a subscriber", how, errors);

    for (wrong, content_type) in [
        ("published what its subscribers cannot decode", "application/json"),
        ("published what they have no codec for", "text/plain"),
    ] {
        let raw = |client: &Client| client.publish_raw(TOPIC, content_type, "Ann");
        let how = format!("client.publish_raw({TOPIC:?}, {content_type:?}, \"Ann\")");
        table.row(wrong, &how, history(Subscriber::new(handled), raw).await);
    }
}

/// What a dead letter tells of a subscriber's attempts.
async fn history(subscriber: Subscriber, publish: impl Fn(&Client) -> Publish) -> String {
    let client = in_memory();
    let _consumer = client.subscribe(subscriber).await.unwrap();
    let dead = SubscribeOptions::new(format!("{TOPIC}.dead"));
    let mut dead = client.broker().subscribe(dead).await.unwrap();
    publish(&client).await.unwrap();
    let delivery = dead.next().await.unwrap().expect("the subscription is open");
    let letter = DeadLetter::of(delivery.message()).expect("the letter has a history");
    delivery.done();
    letter.errors.join("\n")
}
