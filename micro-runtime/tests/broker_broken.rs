//! The suite finds brokers that break a rule, and names the rule.

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};

use micro_runtime::broker::{
    Broker, Delivery, DeliverySource, MemoryBroker, Message, Settlement, SubscribeOptions,
    Subscription,
};
use micro_runtime::testing::broker::{BrokerUnderTest, suite};
use micro_runtime::{BoxFuture, Metadata, Result};
use tokio::time::Instant;

/// A memory broker that gets one thing wrong.
#[derive(Clone, Debug)]
struct Flawed {
    right: MemoryBroker,
    flaw: Flaw,
    /// The keys that were taken off messages, by the messages' ids.
    keys: Arc<Mutex<HashMap<String, String>>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    RefusesTopicsThatNobodyHears,
    NeverFlushes,
    LosesDroppedDeliveries,
    CopiesToAllOfAGroup,
    TakesSinglesForAGroup,
    PublishesTwice,
    MixesTopics,
    ForgetsHeaders,
    GivesNewIdsWhenItRedelivers,
    CountsAttemptsFromZero,
    DeliversTheNextOfAKeyBeforeTheFirstIsDone,
    PutsDroppedDeliveriesLast,
    NeverHoldsUp,
    DropsWhatFindsNoRoom,
    LosesWhatADroppedSubscriptionHad,
    DoesNotEndAfterClose,
    DeliversToAClosingMember,
    KeepsWhatAClosingMemberDrops,
}

impl Flawed {
    fn new(flaw: Flaw) -> Self {
        Self { right: MemoryBroker::new(), flaw, keys: Arc::default() }
    }

    /// The topic without the ending in which two topics of the suite differ.
    fn topic(&self, topic: &str) -> Arc<str> {
        match self.flaw {
            Flaw::MixesTopics => topic.trim_end_matches(".more").into(),
            _ => topic.into(),
        }
    }

    fn message(&self, message: &Message) -> Message {
        let message = message.clone().with_topic(self.topic(message.topic()));
        match self.flaw {
            Flaw::ForgetsHeaders => message.with_headers(Metadata::new()),
            Flaw::DeliversTheNextOfAKeyBeforeTheFirstIsDone => self.without_key(&message),
            _ => message,
        }
    }

    fn without_key(&self, message: &Message) -> Message {
        let (id, headers) = (message.id(), message.headers().clone());
        if let Some(key) = message.key() {
            self.keys.lock().unwrap().insert(id.to_owned(), key.to_owned());
        }
        let (topic, content_type) = (Arc::clone(message.topic()), message.content_type());
        Message::new(topic, content_type, message.body().clone()).with_id(id).with_headers(headers)
    }
}

impl Broker for Flawed {
    fn describe(&self) -> String {
        self.right.describe()
    }

    fn publish(&self, message: Arc<Message>, deadline: Instant) -> BoxFuture<Result<()>> {
        let times = if self.flaw == Flaw::PublishesTwice { 2 } else { 1 };
        let message = Arc::new(self.message(&message));
        let published: Vec<_> =
            (0..times).map(|_| self.right.publish(message.clone(), deadline)).collect();
        let flaw = self.flaw;
        let nobody = format!("{:?}", self.right);
        Box::pin(async move {
            if flaw == Flaw::RefusesTopicsThatNobodyHears && !nobody.contains(&**message.topic()) {
                return Err(micro_runtime::Error::not_found("nobody subscribed"));
            }
            for published in published {
                match published.await {
                    Err(_) if flaw == Flaw::DropsWhatFindsNoRoom => {}
                    other => other?,
                }
            }
            Ok(())
        })
    }

    fn subscribe(&self, mut options: SubscribeOptions) -> BoxFuture<Result<Subscription>> {
        options.topic = self.topic(&options.topic);
        match self.flaw {
            Flaw::CopiesToAllOfAGroup => options.group = None,
            Flaw::TakesSinglesForAGroup => {
                options.group.get_or_insert("singles".into());
            }
            Flaw::NeverHoldsUp => options.capacity = usize::MAX,
            _ => {}
        }
        let (subscribed, broker) = (self.right.subscribe(options), self.clone());
        Box::pin(async move {
            let right = subscribed.await?;
            let again = Arc::default();
            Ok(Subscription::new(Source { broker, right, again }))
        })
    }

    fn flush(&self) -> BoxFuture<()> {
        match self.flaw {
            Flaw::NeverFlushes => Box::pin(std::future::pending()),
            _ => self.right.flush(),
        }
    }
}

impl BrokerUnderTest for Flawed {
    async fn open(&self) -> Arc<dyn Broker> {
        Arc::new(self.clone())
    }
}

/// A subscription with the flaw.
struct Source {
    broker: Flawed,
    right: Subscription,
    /// What this subscription has, and gives before anything else.
    again: Arc<Mutex<VecDeque<Delivery>>>,
}

impl DeliverySource for Source {
    fn poll_delivery(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Delivery>>> {
        if self.broker.flaw == Flaw::LosesWhatADroppedSubscriptionHad {
            while let Poll::Ready(Some(Ok(delivery))) = self.right.poll_next(cx) {
                self.again.lock().unwrap().push_back(delivery);
            }
        }
        if let Some(delivery) = self.again.lock().unwrap().pop_front() {
            return Poll::Ready(Some(Ok(delivery)));
        }
        match self.right.poll_next(cx) {
            Poll::Ready(None) if self.broker.flaw == Flaw::DoesNotEndAfterClose => Poll::Pending,
            Poll::Ready(Some(Ok(delivery))) => Poll::Ready(Some(Ok(self.flawed(delivery)))),
            other => other,
        }
    }

    fn close(&mut self) -> BoxFuture<Result<()>> {
        if self.broker.flaw == Flaw::DeliversToAClosingMember {
            return Box::pin(async { Ok(()) });
        }
        Box::pin(std::future::ready(close_now(&mut self.right)))
    }
}

/// A memory broker closes a subscription at once.
fn close_now(subscription: &mut Subscription) -> Result<()> {
    let mut closing = Box::pin(subscription.close());
    match closing.as_mut().poll(&mut TaskContext::from_waker(std::task::Waker::noop())) {
        Poll::Ready(closed) => closed,
        Poll::Pending => panic!("a memory broker closes a subscription at once"),
    }
}

impl Source {
    fn flawed(&self, delivery: Delivery) -> Delivery {
        let (message, attempt) = (Arc::clone(delivery.message()), delivery.attempt());
        let mut changed = Message::clone(&message);
        let mut counted = attempt;
        match self.broker.flaw {
            Flaw::GivesNewIdsWhenItRedelivers if attempt > 1 => changed = changed.with_id("new"),
            Flaw::CountsAttemptsFromZero => counted -= 1,
            _ => {}
        }
        if let Some(key) = self.broker.keys.lock().unwrap().get(message.id()) {
            changed = changed.with_key(key.as_str());
        }
        let (broker, again) = (self.broker.clone(), Arc::clone(&self.again));
        Delivery::new(Arc::new(changed), counted, move |settlement| {
            match (settlement, broker.flaw) {
                (Settlement::Done, _) | (_, Flaw::LosesDroppedDeliveries) => delivery.done(),
                (_, Flaw::PutsDroppedDeliveriesLast) => {
                    let published = broker.right.publish(message, Instant::now());
                    delivery.done();
                    drop(tokio::spawn(published));
                }
                (_, Flaw::KeepsWhatAClosingMemberDrops) => {
                    again.lock().unwrap().push_back(delivery);
                }
                _ => drop(delivery),
            }
        })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        std::mem::take(&mut *self.again.lock().unwrap()).into_iter().for_each(Delivery::done);
    }
}

/// The sentence with which the suite fails.
fn broken_rule(world: &impl BrokerUnderTest) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let run = AssertUnwindSafe(|| runtime.block_on(suite(world)));
    let panic = std::panic::catch_unwind(run).expect_err("the suite fails");
    match panic.downcast::<String>() {
        Ok(sentence) => *sentence,
        Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
    }
}

#[test]
fn each_flaw_is_found_and_named() {
    for (flaw, rule) in [
        (
            Flaw::RefusesTopicsThatNobodyHears,
            "a message to a topic without subscribers is accepted",
        ),
        (Flaw::NeverFlushes, "flush resolves when nothing waits"),
        (Flaw::LosesDroppedDeliveries, "a dropped delivery comes back"),
        (Flaw::CopiesToAllOfAGroup, "group g gets each message once"),
        (Flaw::TakesSinglesForAGroup, "each subscriber without a group gets what is published"),
        (Flaw::PublishesTwice, "a message that is done does not come again"),
        (Flaw::MixesTopics, "a topic's messages go to its subscribers only"),
        (Flaw::ForgetsHeaders, "all headers arrive unchanged, in order"),
        (Flaw::GivesNewIdsWhenItRedelivers, "a message keeps its id when it comes back"),
        (Flaw::CountsAttemptsFromZero, "the first delivery is attempt 1"),
        (
            Flaw::DeliversTheNextOfAKeyBeforeTheFirstIsDone,
            "the next message of a key comes when the one before it is done",
        ),
        (
            Flaw::PutsDroppedDeliveriesLast,
            "a dropped message comes back before the next one with its key",
        ),
        (Flaw::NeverHoldsUp, "a publisher is held up by a subscriber that does not keep up"),
        (
            Flaw::DropsWhatFindsNoRoom,
            "a publisher is held up by a subscriber that does not keep up",
        ),
        (
            Flaw::LosesWhatADroppedSubscriptionHad,
            "what a dropped subscription had not done goes to another member of its group",
        ),
        (Flaw::DoesNotEndAfterClose, "a closed subscription ends when all that it took is done"),
        (Flaw::DeliversToAClosingMember, "a closed subscription takes nothing new"),
        (
            Flaw::KeepsWhatAClosingMemberDrops,
            "a message that a closing member drops goes to another one",
        ),
    ] {
        let sentence = broken_rule(&Flawed::new(flaw));
        assert!(sentence.contains(rule), "{flaw:?}: {sentence}");
    }
}
