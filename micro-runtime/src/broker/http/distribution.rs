//! Who of a group gets which message: a pure state machine, without sockets or time.
//!
//! A message belongs to one member until that one has handled it, returned it, or is lost. Messages of one key are
//! with one member at a time, and move to another only when none of them is with the first any more.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::broker::{Message, Settlement};

/// A member: the id of its node.
pub(super) type Member = Arc<str>;

/// A message for one member, to be sent.
pub(super) struct Parcel {
    pub(super) sequence: u64,
    pub(super) attempt: u32,
    pub(super) message: Arc<Message>,
}

/// The messages of one group that are not handled yet, and the members that have them.
#[derive(Default)]
pub(super) struct Distribution {
    members: BTreeMap<Member, Standing>,
    pending: BTreeMap<u64, Pending>,
    /// Messages without a key that no member could take.
    parked: BTreeSet<u64>,
    lanes: HashMap<Arc<str>, Lane>,
    outbox: Vec<(Member, Parcel)>,
    /// Whether the registry tells of no member: nobody is there to accept anything.
    vacant: bool,
    next: u64,
    hasher: RandomState,
}

/// How a member stands.
struct Standing {
    presence: Presence,
    /// The messages that are with it.
    out: BTreeSet<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// It can be given messages.
    Open,
    /// It cannot be reached now.
    Down,
    /// It takes no more, and still tells of those that it has.
    Leaving,
}

struct Pending {
    message: Arc<Message>,
    attempt: u32,
    at: Option<Member>,
    /// Whether that member's handler has begun.
    begun: bool,
    /// The publisher, who waits until a member has taken the message.
    taken: Option<oneshot::Sender<()>>,
    _permit: OwnedSemaphorePermit,
}

/// The messages of one key.
struct Lane {
    owner: Option<Member>,
    /// How many are with the owner.
    out: usize,
    /// Those that wait until none is with the owner, or for a member.
    held: BTreeSet<u64>,
}

impl Distribution {
    /// A member is there, and can be given messages.
    pub(super) fn open(&mut self, member: &Member) {
        let standing = self
            .members
            .entry(Arc::clone(member))
            .or_insert_with(|| Standing { presence: Presence::Open, out: BTreeSet::new() });
        standing.presence = Presence::Open;
        self.distribute();
    }

    /// A member takes no more messages; `true` if it has none and can be forgotten, which it is then.
    pub(super) fn leave(&mut self, member: &Member) -> bool {
        match self.members.get_mut(member) {
            None => true,
            Some(standing) if standing.out.is_empty() => {
                self.members.remove(member);
                true
            }
            Some(standing) => {
                standing.presence = Presence::Leaving;
                false
            }
        }
    }

    /// Whether the registry tells of any member; without one, what none has accepted is none's.
    pub(super) fn set_vacant(&mut self, vacant: bool) {
        self.vacant = vacant;
        if vacant {
            let unclaimed = |pending: &Pending| pending.at.is_none() && pending.taken.is_some();
            let unclaimed = self.pending.iter().filter(|(_, pending)| unclaimed(pending));
            let unclaimed: Vec<_> = unclaimed.map(|(sequence, _)| *sequence).collect();
            unclaimed.into_iter().for_each(|sequence| self.forget(sequence));
        }
    }

    /// A member cannot be reached: what it had goes to others, in order.
    pub(super) fn lose(&mut self, member: &Member) {
        let Some(standing) = self.members.get_mut(member) else { return };
        standing.presence = Presence::Down;
        for sequence in std::mem::take(&mut standing.out) {
            self.take_back(sequence);
        }
        self.distribute();
    }

    /// A new message; `taken` is told when a member has it.
    pub(super) fn offer(
        &mut self,
        message: Arc<Message>,
        taken: oneshot::Sender<()>,
        permit: OwnedSemaphorePermit,
    ) -> u64 {
        let sequence = self.next;
        self.next += 1;
        let pending = Pending {
            message,
            attempt: 1,
            at: None,
            begun: false,
            taken: Some(taken),
            _permit: permit,
        };
        self.pending.insert(sequence, pending);
        self.place(sequence);
        sequence
    }

    /// The publisher no longer waits: a message that nobody has is forgotten.
    pub(super) fn give_up(&mut self, sequence: u64) {
        let waiting = |pending: &Pending| pending.at.is_none() && pending.taken.is_some();
        if self.pending.get(&sequence).is_some_and(waiting) {
            self.forget(sequence);
        }
    }

    /// A member has a message in its queue.
    pub(super) fn taken(&mut self, member: &Member, sequence: u64) {
        let Some(pending) = self.pending.get_mut(&sequence) else { return };
        if pending.at.as_ref() == Some(member)
            && let Some(taken) = pending.taken.take()
        {
            // The publisher may have given up, which is its own affair.
            let _ = taken.send(());
        }
    }

    /// A member's handler has begun with a message.
    pub(super) fn begun(&mut self, member: &Member, sequence: u64) {
        if let Some(pending) = self.pending.get_mut(&sequence) {
            pending.begun = pending.at.as_ref() == Some(member);
        }
    }

    /// A member is done with a message, or gives it back because it is leaving.
    pub(super) fn settle(&mut self, member: &Member, sequence: u64, settlement: Settlement) {
        let Some(standing) = self.members.get_mut(member) else { return };
        if !standing.out.remove(&sequence) {
            return;
        }
        match settlement {
            Settlement::Done => {
                self.taken(member, sequence);
                self.leave_lane(sequence);
                self.pending.remove(&sequence);
            }
            Settlement::Returned => {
                standing.presence = Presence::Leaving;
                self.take_back(sequence);
                self.distribute();
            }
        }
    }

    /// How many messages have not been handled.
    pub(super) fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether every message has been handled.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether a member is there, or may still tell of messages.
    pub(super) fn is_attended(&self) -> bool {
        !self.vacant || self.members.values().any(|standing| !standing.out.is_empty())
    }

    /// Whether a member has messages.
    pub(super) fn is_busy(&self, member: &Member) -> bool {
        self.members.get(member).is_some_and(|standing| !standing.out.is_empty())
    }

    /// What is to be sent, in order for each member.
    pub(super) fn take_outbox(&mut self) -> Vec<(Member, Parcel)> {
        std::mem::take(&mut self.outbox)
    }

    /// Takes a message back from the member that had it, to be given to another.
    fn take_back(&mut self, sequence: u64) {
        let Some(pending) = self.pending.get_mut(&sequence) else { return };
        let unwanted = |taken: &oneshot::Sender<()>| taken.is_closed() || self.vacant;
        if pending.taken.as_ref().is_some_and(unwanted) {
            // Never accepted: its publisher has read so, or there is no group any more.
            self.leave_lane(sequence);
            self.pending.remove(&sequence);
            return;
        }
        pending.at = None;
        // Those that only waited behind one that killed the member are not suspected with it.
        pending.attempt += u32::from(std::mem::take(&mut pending.begun));
        let key = pending.message.shared_key().cloned();
        match key.and_then(|key| self.lanes.get_mut(&key)) {
            Some(lane) => {
                lane.out -= 1;
                lane.held.insert(sequence);
            }
            None => drop(self.parked.insert(sequence)),
        }
    }

    /// Gives messages that wait to members that can take them.
    fn distribute(&mut self) {
        if !self.members.values().any(|standing| standing.presence == Presence::Open) {
            return;
        }
        for sequence in std::mem::take(&mut self.parked) {
            self.place(sequence);
        }
        let waits = |lane: &Lane| lane.out == 0 && !lane.held.is_empty();
        let waiting = self.lanes.iter().filter(|(_, lane)| waits(lane));
        let waiting: Vec<_> = waiting.map(|(key, _)| Arc::clone(key)).collect();
        waiting.iter().for_each(|key| self.advance(key));
    }

    /// Gives a message to a member, or lets it wait.
    fn place(&mut self, sequence: u64) {
        let Some(pending) = self.pending.get(&sequence) else { return };
        match pending.message.shared_key().cloned() {
            Some(key) => self.place_in_lane(&key, sequence),
            None => match self.least_busy() {
                Some(member) => self.send(&member, sequence),
                None => drop(self.parked.insert(sequence)),
            },
        }
    }

    fn place_in_lane(&mut self, key: &Arc<str>, sequence: u64) {
        let new = || Lane { owner: None, out: 0, held: BTreeSet::new() };
        let lane = self.lanes.entry(Arc::clone(key)).or_insert_with(new);
        let owner = lane.owner.clone().filter(|_| lane.out > 0 && lane.held.is_empty());
        if let Some(owner) = owner.filter(|owner| is_open(&self.members, owner)) {
            lane.out += 1;
            return self.send(&owner, sequence);
        }
        lane.held.insert(sequence);
        if lane.out == 0 {
            self.advance(key);
        }
    }

    /// Gives all messages of a key, none of which is with a member, to one member.
    fn advance(&mut self, key: &Arc<str>) {
        let owner = self.owner_of(key);
        let Some(lane) = self.lanes.get_mut(key) else { return };
        if lane.held.is_empty() {
            self.lanes.remove(key);
            return;
        }
        let Some(owner) = owner else { return };
        let held = std::mem::take(&mut lane.held);
        (lane.owner, lane.out) = (Some(Arc::clone(&owner)), held.len());
        held.into_iter().for_each(|sequence| self.send(&owner, sequence));
    }

    /// A message that was with a member is so no more: the next of its key may move.
    fn leave_lane(&mut self, sequence: u64) {
        let Some(pending) = self.pending.get(&sequence) else { return };
        let Some(key) = pending.message.shared_key().cloned() else { return };
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        lane.out -= 1;
        if lane.out == 0 {
            self.advance(&key);
        }
    }

    /// Forgets a message that nobody has.
    fn forget(&mut self, sequence: u64) {
        self.parked.remove(&sequence);
        let Some(pending) = self.pending.remove(&sequence) else { return };
        let Some(key) = pending.message.shared_key() else { return };
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.held.remove(&sequence);
            if lane.out == 0 && lane.held.is_empty() {
                self.lanes.remove(key);
            }
        }
    }

    fn send(&mut self, member: &Member, sequence: u64) {
        let (Some(standing), Some(pending)) =
            (self.members.get_mut(member), self.pending.get_mut(&sequence))
        else {
            return;
        };
        standing.out.insert(sequence);
        pending.at = Some(Arc::clone(member));
        let (attempt, message) = (pending.attempt, Arc::clone(&pending.message));
        self.outbox.push((Arc::clone(member), Parcel { sequence, attempt, message }));
    }

    fn least_busy(&self) -> Option<Member> {
        let open = self.members.iter().filter(|(_, standing)| standing.presence == Presence::Open);
        let least = open.min_by_key(|(_, standing)| (standing.out.len(), fastrand::u32(..)));
        least.map(|(member, _)| Arc::clone(member))
    }

    /// The member for a key: the same one while the members stay the same ("rendezvous hashing").
    fn owner_of(&self, key: &str) -> Option<Member> {
        let open = self.members.iter().filter(|(_, standing)| standing.presence == Presence::Open);
        let best = open.max_by_key(|(member, _)| self.hasher.hash_one((key, member)));
        best.map(|(member, _)| Arc::clone(member))
    }
}

fn is_open(members: &BTreeMap<Member, Standing>, member: &Member) -> bool {
    members.get(member).is_some_and(|standing| standing.presence == Presence::Open)
}

#[cfg(test)]
mod tests;
