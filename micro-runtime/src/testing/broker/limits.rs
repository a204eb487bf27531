//! Rules about subscribers that do not keep up.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::audience::Audience;
use super::{BrokerUnderTest, body, check, text, unique};
use crate::error::Code;

/// More than any queue between publisher and subscriber holds.
const TOO_MANY: usize = 5_000;

pub(super) async fn rules(world: &impl BrokerUnderTest) {
    if world.holds_publishers_up() {
        a_slow_subscriber_holds_the_publisher_up_and_loses_nothing(world).await;
    }
}

async fn a_slow_subscriber_holds_the_publisher_up_and_loses_nothing(world: &impl BrokerUnderTest) {
    let mut audience = Audience::gather(world, unique("slow"), &[]).await;
    audience.join(&*world.open().await, None, 4).await;
    audience.hear().await;
    let mut accepted = 0;
    let refused = loop {
        check(accepted < TOO_MANY, "a publisher is held up by a subscriber that does not keep up");
        let message = Arc::new(text(&audience.topic, accepted));
        let deadline = Instant::now() + Duration::from_millis(200);
        match audience.publisher.publish(message, deadline).await {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
    };
    let told = matches!(refused.code(), Code::ResourceExhausted | Code::Unavailable);
    check(told, "a message that finds no room is refused as resource_exhausted or unavailable");
    let named = refused.to_string().contains(&audience.topic);
    check(named, "the error of a refused message names its topic");
    for number in 0..accepted {
        let (_, delivery) = audience.next("every accepted message is delivered").await;
        let rule = "a subscriber that catches up gets every accepted message";
        check(body(delivery.message()) == number.to_string(), rule);
        delivery.done();
    }
    audience.publish(text(&audience.topic, "after")).await;
    // The refused one may have been on its way already, and may come first.
    while {
        let (_, delivery) = audience.next("a publisher that was held up goes on").await;
        let before = body(delivery.message()) != "after";
        delivery.done();
        before
    } {}
}
