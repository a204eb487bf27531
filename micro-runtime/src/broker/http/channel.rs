//! One group of a topic, as a publisher sees it: the messages on their way to it, and a link to each member.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use super::distribution::{Distribution, Member, Parcel};
use super::{Around, link};
use crate::broker::{Message, Settlement, queue_full};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::registry::Node;

/// How many messages may be on their way to one group.
const CAPACITY: usize = 1024;

/// A group, or one subscriber without a group.
pub(super) struct Channel {
    topic: Arc<str>,
    /// The group's name; none for a subscriber by itself.
    group: Option<Arc<str>>,
    around: Around,
    places: Arc<Semaphore>,
    state: Mutex<State>,
    flushed: Notify,
}

#[derive(Default)]
struct State {
    distribution: Distribution,
    links: HashMap<Member, Link>,
    /// Whether whoever this was is gone for good.
    ended: bool,
}

/// The way to one member; its task ends when this is dropped.
struct Link {
    parcels: Option<UnboundedSender<Parcel>>,
    task: AbortHandle,
    /// Whether the registry tells of the member no more.
    gone: watch::Sender<bool>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Channel {
    pub(super) fn new(topic: Arc<str>, group: Option<Arc<str>>, around: Around) -> Arc<Self> {
        let (state, flushed) = Default::default();
        let places = Arc::new(Semaphore::new(CAPACITY));
        Arc::new(Self { topic, group, around, places, state, flushed })
    }

    /// The group's name, for people.
    pub(super) fn name(&self) -> String {
        match &self.group {
            Some(group) => format!("group {group:?}"),
            None => "a subscriber without a group".to_owned(),
        }
    }

    /// Sets who the members are: new ones are dialled, those gone get no more messages.
    pub(super) fn members(self: &Arc<Self>, nodes: &[Arc<Node>]) {
        self.change(|state| {
            nodes.iter().for_each(|node| self.welcome(state, node));
            let gone = |member: &Member| nodes.iter().all(|node| *node.id != **member);
            let gone: Vec<_> = state.links.keys().filter(|member| gone(member)).cloned().collect();
            gone.iter().for_each(|member| state.leave(member));
            state.distribution.set_vacant(nodes.is_empty());
        });
    }

    fn welcome(self: &Arc<Self>, state: &mut State, node: &Arc<Node>) {
        let member: Member = Arc::from(&*node.id);
        let Some(link) = state.links.get(&member) else {
            let link = self.link(&member, node);
            state.links.insert(Arc::clone(&member), link);
            return state.distribution.open(&member);
        };
        let returns = link.gone.send_replace(false);
        if returns && link.parcels.is_some() {
            state.distribution.open(&member);
        }
    }

    /// A subscriber without a group is gone for good, and with it whatever it has not handled.
    pub(super) fn end(&self) {
        self.change(|state| *state = State { ended: true, ..State::default() });
    }

    fn link(self: &Arc<Self>, member: &Member, node: &Arc<Node>) -> Link {
        let (parcels, waiting) = tokio::sync::mpsc::unbounded_channel();
        let gone = watch::Sender::new(false);
        let link = link::Link {
            channel: Arc::downgrade(self),
            transport: Arc::clone(&self.around.transport),
            member: Arc::clone(member),
            node: Arc::clone(node),
            gone: gone.subscribe(),
        };
        let task = tokio::spawn(link.run(waiting)).abort_handle();
        Link { parcels: Some(parcels), task, gone }
    }

    /// Room for one message on its way to the group.
    pub(super) async fn place(&self, deadline: Instant) -> Result<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        match timeout_at(deadline, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) => unreachable!("nobody closes the semaphore"),
            Err(_) => Err(queue_full(&self.topic, self.group.as_deref())),
        }
    }

    /// Gives a message to the group, behind those before it.
    pub(super) fn offer(
        self: &Arc<Self>,
        message: Arc<Message>,
        place: OwnedSemaphorePermit,
    ) -> Offered {
        let (taken, waiting) = oneshot::channel();
        let sequence = self.change(|state| match state.ended {
            // Dropping `taken` says so.
            true => 0,
            false => state.distribution.offer(message, taken, place),
        });
        Offered { channel: Arc::clone(self), sequence, waiting }
    }

    fn untaken(&self) -> Error {
        let members = self.lock().links.len();
        Error::unavailable(format!(
            "{} did not accept the message: none of its members ({members}) took it before the deadline; \
             can they be reached from here?",
            self.name()
        ))
    }

    /// A member was reached; what is sent to it now goes into `parcels`.
    pub(super) fn reached(&self, member: &Member, parcels: UnboundedSender<Parcel>) {
        self.change(|state| {
            if let Some(link) = state.links.get_mut(member) {
                link.parcels = Some(parcels);
                state.distribution.open(member);
            }
        });
    }

    /// A member cannot be reached, or the way to it broke.
    pub(super) fn lost(&self, member: &Member) {
        self.change(|state| {
            if let Some(link) = state.links.get_mut(member) {
                link.parcels = None;
            }
            state.distribution.lose(member);
        });
    }

    pub(super) fn taken(&self, member: &Member, sequence: u64) {
        self.lock().distribution.taken(member, sequence);
    }

    pub(super) fn begun(&self, member: &Member, sequence: u64) {
        self.lock().distribution.begun(member, sequence);
    }

    pub(super) fn settle(&self, member: &Member, sequence: u64, settlement: Settlement) {
        self.change(|state| state.distribution.settle(member, sequence, settlement));
    }

    /// Whether a member that left still has messages to tell of.
    pub(super) fn is_busy(&self, member: &Member) -> bool {
        self.lock().distribution.is_busy(member)
    }

    /// A member that left has told of all messages, or will not any more.
    pub(super) fn finish(&self, member: &Member) {
        self.change(|state| {
            state.distribution.lose(member);
            state.distribution.leave(member);
            state.links.remove(member);
        });
    }

    /// How many messages have not been handled.
    pub(super) fn len(&self) -> usize {
        self.lock().distribution.len()
    }

    /// Waits until every message has been handled, or there is nobody left who could.
    pub(super) async fn flush(&self) {
        loop {
            let mut flushed = std::pin::pin!(self.flushed.notified());
            flushed.as_mut().enable();
            if self.lock().is_flushed() {
                return;
            }
            flushed.await;
        }
    }

    /// Changes the state, sends what is to be sent then, and tells those who wait for the end of it.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state);
        state.send();
        let flushed = state.is_flushed();
        drop(state);
        if flushed {
            self.flushed.notify_waiters();
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_flushed(&self) -> bool {
        self.distribution.is_empty() || !self.distribution.is_attended()
    }

    fn leave(&mut self, member: &Member) {
        if self.distribution.leave(member) {
            self.links.remove(member);
        } else if let Some(link) = self.links.get(member) {
            link.gone.send_replace(true);
        }
    }

    /// Hands over what is to be sent; a member that is lost in this moment is told of by its link.
    fn send(&mut self) {
        for (member, parcel) in self.distribution.take_outbox() {
            if let Some(parcels) = self.links.get(&member).and_then(|link| link.parcels.as_ref()) {
                let _ = parcels.send(parcel);
            }
        }
    }
}

/// A message on its way to a group. Dropped, it is forgotten if nobody has taken it.
pub(super) struct Offered {
    channel: Arc<Channel>,
    sequence: u64,
    waiting: oneshot::Receiver<()>,
}

impl Offered {
    /// Waits until a member has taken the message.
    pub(super) async fn taken(mut self, clock: &Clock, deadline: Instant) -> Result<()> {
        match clock.limit(deadline, &mut self.waiting).await {
            // An error means that the group is gone: there is nobody left to accept the message.
            Some(Ok(()) | Err(_)) => Ok(()),
            None => Err(self.channel.untaken()),
        }
    }
}

impl Drop for Offered {
    fn drop(&mut self) {
        self.waiting.close();
        self.channel.change(|state| state.distribution.give_up(self.sequence));
    }
}
