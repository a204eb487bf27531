//! Rules about who gets a message: groups share, others get a copy each.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::timeout;

use super::audience::Audience;
use super::{BrokerUnderTest, body, check, check_ok, text, unique};

const MESSAGES: usize = 20;

pub(super) async fn rules(world: &impl BrokerUnderTest) {
    groups_share_and_others_get_a_copy(world).await;
    what_a_dropped_subscription_had_goes_to_its_group(world).await;
    a_closed_subscription_takes_nothing_new(world).await;
    a_closed_subscription_finishes_what_it_took(world).await;
    what_a_member_drops_while_it_closes_goes_to_the_others(world).await;
}

async fn groups_share_and_others_get_a_copy(world: &impl BrokerUnderTest) {
    let groups = [Some("g"), Some("g"), Some("h"), None, None];
    let mut audience = Audience::gather(world, unique("share"), &groups).await;
    for number in 0..MESSAGES {
        audience.publish(text(&audience.topic, number)).await;
    }
    let mut got: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..4 * MESSAGES {
        let (index, delivery) =
            audience.next("every group and every subscriber gets each message").await;
        let whose = groups[index]
            .map_or_else(|| format!("subscriber {index}"), |group| format!("group {group}"));
        got.entry(whose).or_default().push(body(delivery.message()));
        delivery.done();
    }
    for (whose, bodies) in &got {
        let different: BTreeSet<_> = bodies.iter().collect();
        let once = bodies.len() == MESSAGES && different.len() == MESSAGES;
        check(once, &format!("{whose} gets each message once, when all are done"));
    }
    check(got.len() == 4, "two groups and two subscribers without one are four receivers");
}

async fn what_a_dropped_subscription_had_goes_to_its_group(world: &impl BrokerUnderTest) {
    let mut audience = Audience::gather(world, unique("leave"), &[Some("g"), Some("g")]).await;
    let mut sent: BTreeSet<String> = (0..MESSAGES).map(|number| number.to_string()).collect();
    for number in &sent {
        audience.publish(text(&audience.topic, number).with_key(number.as_str())).await;
    }
    let (index, delivery) = audience.next("a message arrives").await;
    drop(audience.take(index));
    drop(delivery);
    while !sent.is_empty() {
        let rule = "what a dropped subscription had not done goes to another member of its group";
        let (_, delivery) = audience.next(rule).await;
        sent.remove(&body(delivery.message()));
        delivery.done();
    }
}

async fn a_closed_subscription_finishes_what_it_took(world: &impl BrokerUnderTest) {
    let mut audience = Audience::gather(world, unique("close"), &[Some("g")]).await;
    audience.publish(text(&audience.topic, "taken")).await;
    let (_, delivery) = audience.next("a message arrives").await;
    let mut subscription = audience.take(0);
    check_ok(subscription.close().await, "a subscription can be closed");
    delivery.done();
    let rule = "a closed subscription ends when all that it took is done";
    let end = timeout(world.patience(), subscription.next()).await;
    let end = end.unwrap_or_else(|_| panic!("{rule}: it does not"));
    check(check_ok(end, rule).is_none(), rule);
}

async fn a_closed_subscription_takes_nothing_new(world: &impl BrokerUnderTest) {
    let mut audience = Audience::gather(world, unique("closed"), &[Some("g"), Some("g")]).await;
    let mut closed = audience.take(0);
    check_ok(closed.close().await, "a subscription can be closed");
    audience.give_back(0, closed);
    for number in 0..MESSAGES {
        audience.publish(text(&audience.topic, number)).await;
    }
    for _ in 0..MESSAGES {
        let (index, delivery) =
            audience.next("a group has members until the last one closes").await;
        check(index == 1, "a closed subscription takes nothing new");
        delivery.done();
    }
}

async fn what_a_member_drops_while_it_closes_goes_to_the_others(world: &impl BrokerUnderTest) {
    let mut audience = Audience::gather(world, unique("return"), &[Some("g"), Some("g")]).await;
    audience.publish(text(&audience.topic, "x")).await;
    let (index, delivery) = audience.next("a message arrives").await;
    let mut closing = audience.take(index);
    check_ok(closing.close().await, "a subscription can be closed");
    drop(delivery);
    audience.give_back(index, closing);
    let rule = "a message that a closing member drops goes to another one";
    let (other, delivery) = audience.next(rule).await;
    check(other != index && body(delivery.message()) == "x", rule);
    delivery.done();
}
