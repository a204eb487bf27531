//! One topic, as a publisher sees it: its groups, kept as the registry tells them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use super::channel::Channel;
use super::{Around, service_of};
use crate::broker::Message;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::registry::{Health, Node, Snapshot};

/// The label of a subscription's node that names its group; without one, it is by itself.
pub(super) const GROUP: &str = "group";

/// The groups of a topic.
pub(super) struct Outlet {
    topic: Arc<str>,
    around: Around,
    watch: watch::Receiver<Arc<Snapshot>>,
    state: Mutex<State>,
    clock: Clock,
    task: AbortHandle,
}

#[derive(Default)]
struct State {
    /// The snapshot that the channels are made from.
    seen: Option<Arc<Snapshot>>,
    /// Those that the registry tells of, which messages go to.
    current: Arc<[Arc<Channel>]>,
    /// Those and others whose messages are not all handled.
    all: BTreeMap<Name, Arc<Channel>>,
}

/// A group by its name, or a subscriber without one by its node's id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Group(Arc<str>),
    Single(Arc<str>),
}

impl Outlet {
    pub(super) fn open(topic: Arc<str>, around: Around) -> Arc<Self> {
        let watch = around.registry.watch(&service_of(&topic));
        Arc::new_cyclic(|outlet| {
            let task = tokio::spawn(follow(Weak::clone(outlet), watch.clone())).abort_handle();
            let (state, clock) = Default::default();
            Self { topic, around, watch, state, clock, task }
        })
    }

    /// Gives a message to every group; resolves when all have taken it.
    pub(super) async fn publish(&self, message: Arc<Message>, deadline: Instant) -> Result<()> {
        self.is_known(deadline).await?;
        let channels = self.channels();
        let mut places = Vec::with_capacity(channels.len());
        for channel in &*channels {
            places.push(channel.place(deadline).await.map_err(|error| self.name(error, &[]))?);
        }
        let offer =
            |(channel, place): (&Arc<Channel>, _)| channel.offer(Arc::clone(&message), place);
        let offered: Vec<_> = channels.iter().zip(places).map(offer).collect();
        let (mut accepted, mut failed) = (Vec::new(), None);
        for (channel, offered) in channels.iter().zip(offered) {
            match offered.taken(&self.clock, deadline).await {
                Ok(()) => accepted.push(channel),
                Err(error) => drop(failed.get_or_insert(error)),
            }
        }
        failed.map_or(Ok(()), |error| Err(self.name(error, &accepted)))
    }

    /// Whether every message of the topic has been handled.
    pub(super) fn is_at_rest(&self) -> bool {
        self.lock().all.values().all(|channel| channel.len() == 0)
    }

    /// Waits until every message of the topic has been handled, but for those of groups that have no member.
    pub(super) async fn flush(&self) {
        let channels: Vec<_> = self.lock().all.values().cloned().collect();
        for channel in channels {
            channel.flush().await;
            let (messages, whose, topic) = (channel.len(), channel.name(), &*self.topic);
            if messages > 0 {
                tracing::error!(
                    messages,
                    topic,
                    "accepted messages of {whose} have no member to go to"
                );
            }
        }
    }

    fn name(&self, error: Error, accepted: &[&Arc<Channel>]) -> Error {
        let error = error.with_fact("topic", self.topic.to_string());
        if accepted.is_empty() {
            return error;
        }
        let names: Vec<_> = accepted.iter().map(|channel| channel.name()).collect();
        error.with_fact("accepted by", names.join(", "))
    }

    /// Waits until the registry has said who there is.
    async fn is_known(&self, deadline: Instant) -> Result<()> {
        if self.watch.borrow().health != Health::Loading {
            return Ok(());
        }
        let mut watch = self.watch.clone();
        let known = watch.wait_for(|snapshot| snapshot.health != Health::Loading);
        timeout_at(deadline, known).await.map(drop).map_err(|_| self.unknown())
    }

    fn unknown(&self) -> Error {
        Error::unavailable(format!(
            "the registry did not say until the deadline who subscribed to topic {:?}",
            self.topic
        ))
        .with_fact("registry", self.around.registry.describe())
    }

    /// The channels of what the registry tells at this moment.
    fn channels(&self) -> Arc<[Arc<Channel>]> {
        let snapshot = Arc::clone(&self.watch.borrow());
        let mut state = self.lock();
        if !state.seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, &snapshot)) {
            state.follow(&snapshot, &self.topic, &self.around);
        }
        Arc::clone(&state.current)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    /// Makes the channels those of a snapshot; messages that a group has accepted wait for its return.
    fn follow(&mut self, snapshot: &Arc<Snapshot>, topic: &Arc<str>, around: &Around) {
        let mut groups: BTreeMap<Name, Vec<Arc<Node>>> = BTreeMap::new();
        for node in &snapshot.nodes {
            groups.entry(Name::of(node)).or_default().push(Arc::clone(node));
        }
        for (name, channel) in &self.all {
            if !groups.contains_key(name) {
                channel.members(&[]);
            }
        }
        let forget = |name: &Name, channel: &Channel| match name {
            Name::Single(_) => {
                channel.end();
                true
            }
            Name::Group(_) => channel.len() == 0,
        };
        self.all.retain(|name, channel| groups.contains_key(name) || !forget(name, channel));
        self.current = groups
            .into_iter()
            .map(|(name, nodes)| {
                let group = name.group().cloned();
                let new = || Channel::new(Arc::clone(topic), group, around.clone());
                let channel = self.all.entry(name).or_insert_with(new);
                channel.members(&nodes);
                Arc::clone(channel)
            })
            .collect();
        self.seen = Some(Arc::clone(snapshot));
    }
}

impl Name {
    fn of(node: &Node) -> Self {
        match node.metadata.get(GROUP) {
            Some(group) => Self::Group(Arc::from(&**group)),
            None => Self::Single(Arc::from(&*node.id)),
        }
    }

    fn group(&self) -> Option<&Arc<str>> {
        match self {
            Self::Group(group) => Some(group),
            Self::Single(_) => None,
        }
    }
}

/// Keeps the channels up to date while nobody publishes: what waits for a member goes to it.
async fn follow(outlet: Weak<Outlet>, mut watch: watch::Receiver<Arc<Snapshot>>) {
    while watch.changed().await.is_ok() {
        let Some(outlet) = outlet.upgrade() else { return };
        outlet.channels();
    }
}
