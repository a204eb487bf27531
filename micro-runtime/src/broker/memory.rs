//! A broker inside one process, for tests and programs that talk to themselves.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll};

use tokio::time::{Instant, timeout_at};

use super::queue::{Place, Queue};
use super::{
    Broker, Delivery, DeliverySource, Message, SubscribeOptions, Subscription, queue_full,
};
use crate::BoxFuture;
use crate::error::Result;

/// Topics in memory: clones share them, separate values know nothing of each other.
///
/// *Accepted* means: the message waits in the queue of every group, and of every subscriber without one, that
/// is there at this moment, or in none of them. It is lost if this process ends, or if the last member of
/// a group is dropped with messages unhandled. A full queue makes the publisher wait until its deadline.
///
/// All copies share the message: publishing to many subscribers copies no payload.
#[derive(Clone, Default)]
pub struct MemoryBroker(Arc<Mutex<Topics>>);

type Topics = HashMap<Arc<str>, Arc<[Arc<Group>]>>;

/// Those who share the messages of a topic; a subscriber without a group is one by itself.
struct Group {
    name: Option<Arc<str>>,
    queue: Arc<Queue<()>>,
    members: Mutex<usize>,
}

impl MemoryBroker {
    /// A broker that nobody has subscribed to.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn topics(&self) -> MutexGuard<'_, Topics> {
        lock(&self.0)
    }

    fn groups(&self, topic: &str) -> Option<Arc<[Arc<Group>]>> {
        self.topics().get(topic).cloned()
    }

    fn join(&self, options: &SubscribeOptions) -> Arc<Group> {
        let mut topics = self.topics();
        let groups = topics.entry(Arc::clone(&options.topic)).or_default();
        let same = |group: &&Arc<Group>| group.name.is_some() && group.name == options.group;
        if let Some(group) = groups.iter().find(same) {
            *lock(&group.members) += 1;
            return Arc::clone(group);
        }
        let queue = Queue::new(options.capacity);
        let group = Group { name: options.group.clone(), queue, members: Mutex::new(1) };
        let group = Arc::new(group);
        *groups = groups.iter().chain([&group]).map(Arc::clone).collect();
        group
    }

    /// Whether the member was the last one of its group, which gets no more messages then.
    fn leave(&self, topic: &str, group: &Arc<Group>) -> bool {
        let mut topics = self.topics();
        let mut members = lock(&group.members);
        *members -= 1;
        if *members > 0 {
            return false;
        }
        if let Some(groups) = topics.get_mut(topic) {
            *groups = groups.iter().filter(|other| !Arc::ptr_eq(other, group)).cloned().collect();
            if groups.is_empty() {
                topics.remove(topic);
            }
        }
        true
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Broker for MemoryBroker {
    fn describe(&self) -> String {
        "memory".to_owned()
    }

    fn publish(&self, message: Arc<Message>, deadline: Instant) -> BoxFuture<Result<()>> {
        let groups = self.groups(message.topic());
        Box::pin(async move {
            let groups = groups.as_deref().unwrap_or_default();
            let mut places = Vec::with_capacity(groups.len());
            for group in groups {
                places.extend(group.place(message.topic(), deadline).await?);
            }
            for place in places {
                place.put(Arc::clone(&message), 1, ());
            }
            Ok(())
        })
    }

    fn subscribe(&self, options: SubscribeOptions) -> BoxFuture<Result<Subscription>> {
        let group = self.join(&options);
        let member =
            Member { broker: self.clone(), topic: options.topic, group, place: Membership::Member };
        Box::pin(std::future::ready(Ok(Subscription::new(member))))
    }
}

impl Group {
    /// A place in the group's queue; `None` if the group has just ended.
    async fn place(&self, topic: &str, deadline: Instant) -> Result<Option<Place<()>>> {
        if let Some(place) = self.queue.try_place() {
            return Ok(Some(place));
        }
        let place = timeout_at(deadline, self.queue.place()).await;
        place.map_err(|_| queue_full(topic, self.name.as_deref()))
    }
}

/// One subscription.
struct Member {
    broker: MemoryBroker,
    topic: Arc<str>,
    group: Arc<Group>,
    place: Membership,
}

/// How far a member has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Membership {
    Member,
    /// It was the last one, and finishes what the group has accepted.
    Finishing,
    Left,
}

impl DeliverySource for Member {
    fn poll_delivery(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Delivery>>> {
        match self.place {
            Membership::Left => Poll::Ready(None),
            Membership::Member | Membership::Finishing => {
                self.group.queue.poll_take(cx).map(|delivery| delivery.map(Ok))
            }
        }
    }

    fn close(&mut self) -> BoxFuture<Result<()>> {
        if self.place == Membership::Member {
            let last = self.broker.leave(&self.topic, &self.group);
            self.place = if last { Membership::Finishing } else { Membership::Left };
            if last {
                self.group.queue.close();
            }
        }
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let last = match self.place {
            Membership::Member => self.broker.leave(&self.topic, &self.group),
            Membership::Finishing => true,
            Membership::Left => false,
        };
        if last {
            self.group.queue.abandon();
        }
    }
}

impl fmt::Debug for MemoryBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryBroker ")?;
        let topics = self.topics();
        f.debug_map().entries(topics.iter().map(|(topic, groups)| (topic, groups.len()))).finish()
    }
}
