//! Rules about messages with a key: one after the other, whatever happens to them.

use std::collections::BTreeMap;

use super::audience::Audience;
use super::{BrokerUnderTest, body, check, text, unique};

const KEYS: usize = 5;
const MESSAGES: usize = 12;

pub(super) async fn rules(world: &impl BrokerUnderTest) {
    a_message_at_work_holds_up_its_key_and_no_other(world).await;
    the_next_of_a_key_waits_for_the_one_before(world).await;
    keys_stay_in_order_among_members_that_drop_and_leave(world).await;
}

async fn a_message_at_work_holds_up_its_key_and_no_other(world: &impl BrokerUnderTest) {
    let mut audience = Audience::gather(world, unique("hold"), &[Some("g"), Some("g")]).await;
    for (key, name) in [("k", "first"), ("k", "second"), ("l", "other")] {
        audience.publish(text(&audience.topic, name).with_key(key)).await;
    }
    let mut at_work = Vec::new();
    for _ in 0..2 {
        let (_, delivery) = audience.next("a message at work holds up none of another key").await;
        let rule = "the next message of a key comes when the one before it is done";
        check(body(delivery.message()) != "second", rule);
        at_work.push(delivery);
    }
    for delivery in at_work {
        delivery.done();
    }
    let (_, delivery) = audience.next("the next message of a key comes at last").await;
    check(body(delivery.message()) == "second", "a message that is done does not come again");
    delivery.done();
}

async fn the_next_of_a_key_waits_for_the_one_before(world: &impl BrokerUnderTest) {
    let mut audience = Audience::gather(world, unique("wait"), &[Some("g"), Some("g")]).await;
    for number in 0..3 {
        audience.publish(text(&audience.topic, number).with_key("k")).await;
    }
    for number in 0..3 {
        for _ in 0..3 {
            let (_, delivery) = audience.next("a message arrives").await;
            let rule = "a dropped message comes back before the next one with its key";
            check(body(delivery.message()) == number.to_string(), rule);
            drop(delivery);
        }
        let (_, delivery) = audience.next("a dropped message comes back").await;
        let rule = "the next message of a key comes when the one before it is done";
        check(body(delivery.message()) == number.to_string(), rule);
        delivery.done();
    }
}

async fn keys_stay_in_order_among_members_that_drop_and_leave(world: &impl BrokerUnderTest) {
    let groups = [Some("g"), Some("g"), Some("g")];
    let mut audience = Audience::gather(world, unique("order"), &groups).await;
    for number in 0..MESSAGES {
        for key in 0..KEYS {
            let message = text(&audience.topic, number).with_key(format!("key {key}"));
            audience.publish(message).await;
        }
    }
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    let mut left = 0;
    let mut deliveries = 0;
    while done.values().sum::<usize>() < KEYS * MESSAGES {
        let (index, delivery) = audience.next("every message of every key is delivered").await;
        deliveries += 1;
        let key = delivery.message().key().unwrap_or_default().to_owned();
        let number: usize = body(delivery.message()).parse().unwrap_or(usize::MAX);
        let so_far = done.entry(key).or_default();
        check(number <= *so_far, "messages of a key are delivered in order to a group");
        if deliveries % 7 == 0 {
            drop(delivery);
            continue;
        }
        if number == *so_far {
            *so_far += 1;
        }
        delivery.done();
        if deliveries % 20 == 0 && left < 2 {
            left += 1;
            drop(audience.take(index));
        }
    }
}
