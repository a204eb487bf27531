//! Subscriptions to one topic, which the publisher is known to know of.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{BrokerUnderTest, check_ok};
use crate::broker::{Broker, Delivery, Message, SubscribeOptions, Subscription};

/// What tells the publisher's questions "can you hear me?" from the messages of a rule.
const PROBE: &str = "suite/probe";
/// How long a probe may take before it is asked again.
const AGAIN: Duration = Duration::from_millis(50);

/// A publisher, and those who hear it.
pub(super) struct Audience {
    pub(super) publisher: Arc<dyn Broker>,
    pub(super) topic: String,
    listeners: Vec<Listener>,
    patience: Duration,
}

struct Listener {
    subscription: Option<Subscription>,
    group: Option<&'static str>,
    heard: bool,
}

impl Audience {
    /// Subscribes each through a handle of its own, and waits until every group and every subscriber without
    /// one hears the publisher.
    pub(super) async fn gather(
        world: &impl BrokerUnderTest,
        topic: String,
        groups: &[Option<&'static str>],
    ) -> Self {
        let publisher = world.open().await;
        let mut audience =
            Self { publisher, topic, listeners: Vec::new(), patience: world.patience() };
        for group in groups {
            audience.join(&*world.open().await, *group, 1024).await;
        }
        audience.hear().await;
        audience
    }

    /// One more subscriber, which need not hear the publisher yet.
    pub(super) async fn join(
        &mut self,
        broker: &dyn Broker,
        group: Option<&'static str>,
        capacity: usize,
    ) {
        let options = SubscribeOptions::new(self.topic.as_str()).capacity(capacity);
        let options = match group {
            Some(group) => options.group(group),
            None => options,
        };
        let subscription =
            check_ok(broker.subscribe(options).await, "a topic can be subscribed to");
        self.listeners.push(Listener { subscription: Some(subscription), group, heard: false });
    }

    /// Waits until all hear the publisher.
    pub(super) async fn hear(&mut self) {
        let end = Instant::now() + self.patience;
        while let Some(deaf) = self.listeners.iter().find(|listener| !listener.heard) {
            let whose = deaf.group.map_or("each subscriber without a group", |_| "each group");
            let rule = format!("{whose} gets what is published after it subscribed");
            super::check(Instant::now() < end, &rule);
            let probe = Message::new(self.topic.as_str(), PROBE, "");
            check_ok(self.publisher.publish(Arc::new(probe), end).await, "a message is accepted");
            while let Ok((index, delivery)) = timeout(AGAIN, self.any()).await {
                assert!(
                    delivery.message().content_type() == PROBE,
                    "no message comes that none sent"
                );
                delivery.done();
                self.mark(index);
            }
        }
    }

    /// Whoever hears, hears for all of its group.
    fn mark(&mut self, index: usize) {
        let group = self.listeners[index].group;
        self.listeners[index].heard = true;
        let same = |listener: &&mut Listener| group.is_some() && listener.group == group;
        self.listeners.iter_mut().filter(same).for_each(|listener| listener.heard = true);
    }

    /// The next delivery of any listener, and which one it is.
    pub(super) async fn next(&mut self, rule: &str) -> (usize, Delivery) {
        loop {
            let next = timeout(self.patience, self.any()).await;
            let (index, delivery) = next.unwrap_or_else(|_| panic!("{rule}: nothing came"));
            if delivery.message().content_type() != PROBE {
                return (index, delivery);
            }
            delivery.done();
        }
    }

    async fn any(&mut self) -> (usize, Delivery) {
        poll_fn(|cx| {
            for (index, listener) in self.listeners.iter_mut().enumerate() {
                let Some(subscription) = &mut listener.subscription else { continue };
                match subscription.poll_next(cx) {
                    Poll::Ready(Some(next)) => {
                        let delivery = check_ok(next, "a subscription does not fail");
                        return Poll::Ready((index, delivery));
                    }
                    Poll::Ready(None) => listener.subscription = None,
                    Poll::Pending => {}
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Publishes a message.
    pub(super) async fn publish(&self, message: Message) {
        super::publish(&*self.publisher, message, self.patience, "a message is accepted").await;
    }

    /// Takes a listener's subscription away.
    pub(super) fn take(&mut self, index: usize) -> Subscription {
        self.listeners[index].subscription.take().expect("a rule takes a subscription once")
    }

    /// Gives a listener's subscription back.
    pub(super) fn give_back(&mut self, index: usize, subscription: Subscription) {
        self.listeners[index].subscription = Some(subscription);
    }
}
