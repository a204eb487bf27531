//! Rules about single messages: they arrive, unchanged, and come back if they are dropped.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::audience::Audience;
use super::{BrokerUnderTest, body, check, publish, text, unique};
use crate::broker::Message;
use crate::error::Code;
use crate::metadata::Metadata;

pub(super) async fn rules(world: &impl BrokerUnderTest) {
    a_topic_without_subscribers_takes_messages(world).await;
    messages_arrive_unchanged(world).await;
    topics_do_not_mix(world).await;
    a_dropped_delivery_comes_back(world).await;
    an_odd_topic_works_or_is_refused(world).await;
}

async fn a_topic_without_subscribers_takes_messages(world: &impl BrokerUnderTest) {
    let broker = world.open().await;
    let rule = "a message to a topic without subscribers is accepted";
    publish(&*broker, text(&unique("nobody"), "x"), world.patience(), rule).await;
    let flushed = timeout(world.patience(), broker.flush()).await;
    check(flushed.is_ok(), "flush resolves when nothing waits");
}

async fn messages_arrive_unchanged(world: &impl BrokerUnderTest) {
    let mut audience = Audience::gather(world, unique("same"), &[None]).await;
    let mut headers = Metadata::new();
    let every_byte: Vec<u8> = (0..=255).collect();
    for (name, value) in [("x-list", "a"), ("x-list", "b, c"), ("x-empty", "")] {
        headers.append(name, value).expect("the suite's headers are valid");
    }
    headers.append("x-raw-bin", every_byte.clone()).expect("the suite's headers are valid");
    let topic = audience.topic.as_str();
    let sent = [
        text(topic, "plain"),
        Message::new(topic, "application/octet-stream", every_byte),
        Message::new(topic, "application/json", "").with_key("ü b/c").with_headers(headers),
        Message::new(topic, "x/y; z=\"1\"", vec![7; 1 << 20]).with_id("an id of its own"),
    ];
    let mut before = Vec::new();
    for message in sent {
        audience.publish(message.clone()).await;
        let (_, delivery) = audience.next("a message arrives").await;
        let received = delivery.message();
        check(!before.contains(&**received), "a message that is done does not come again");
        check(received.topic() == message.topic(), "the topic arrives unchanged");
        check(received.id() == message.id(), "the id arrives unchanged");
        check(received.key() == message.key(), "the key arrives unchanged, or none");
        check(
            received.content_type() == message.content_type(),
            "the content type arrives unchanged",
        );
        check(received.headers() == message.headers(), "all headers arrive unchanged, in order");
        check(received.body() == message.body(), "the body arrives unchanged");
        check(delivery.attempt() == 1, "the first delivery is attempt 1");
        delivery.done();
        before.push(message);
    }
}

async fn topics_do_not_mix(world: &impl BrokerUnderTest) {
    let name = unique("mix");
    let mut one = Audience::gather(world, name.clone(), &[None]).await;
    let mut other = Audience::gather(world, format!("{name}.more"), &[None]).await;
    one.publish(text(&one.topic, "one")).await;
    other.publish(text(&other.topic, "other")).await;
    for (audience, wanted) in [(&mut one, "one"), (&mut other, "other")] {
        let (_, delivery) = audience.next("a message arrives").await;
        check(body(delivery.message()) == wanted, "a topic's messages go to its subscribers only");
        delivery.done();
    }
}

async fn a_dropped_delivery_comes_back(world: &impl BrokerUnderTest) {
    let mut audience = Audience::gather(world, unique("drop"), &[Some("g")]).await;
    audience.publish(text(&audience.topic, "x")).await;
    let (_, delivery) = audience.next("a message arrives").await;
    let id = delivery.message().id().to_owned();
    drop(delivery);
    let (_, again) = audience.next("a dropped delivery comes back").await;
    check(again.message().id() == id, "a message keeps its id when it comes back");
    check(again.attempt() >= 1, "attempts are counted from 1");
    again.done();
    audience.publish(text(&audience.topic, "next")).await;
    let (_, next) = audience.next("a message arrives").await;
    check(body(next.message()) == "next", "a message that is done does not come again");
    next.done();
}

async fn an_odd_topic_works_or_is_refused(world: &impl BrokerUnderTest) {
    let broker = world.open().await;
    for odd in ["a/b", "é-ü", "x:y", "star.*", "UPPER_case"] {
        let topic = format!("{}{odd}", unique("odd"));
        let message = std::sync::Arc::new(text(&topic, "x"));
        match broker.publish(message, Instant::now() + Duration::from_secs(5)).await {
            Ok(()) => {
                let mut audience = Audience::gather(world, topic, &[None]).await;
                audience.publish(text(&audience.topic, odd)).await;
                let (_, delivery) = audience.next("a topic that is taken is delivered").await;
                check(body(delivery.message()) == odd, "a topic is taken by its whole name");
                delivery.done();
            }
            Err(error) => {
                let told = error.code() == Code::InvalidArgument && error.message().contains(odd);
                check(told, "a topic that is refused is named in an invalid_argument error");
            }
        }
    }
}
