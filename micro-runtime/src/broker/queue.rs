//! Messages that wait for one group: bounded, in order for each key, returned if they are dropped.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker};

use super::{Delivery, Message, Settlement};

/// Whoever put a message into a queue, and is told what became of it.
pub(super) trait Origin: Send + 'static {
    /// A subscriber has taken the message.
    fn begun(&self);

    /// The message left the queue for good.
    fn settled(self, settlement: Settlement);
}

impl Origin for () {
    fn begun(&self) {}

    fn settled(self, _: Settlement) {}
}

/// A bounded queue that several subscribers may take from.
///
/// What is ready, at work or held back behind another of its key counts towards the capacity.
pub(super) struct Queue<O> {
    capacity: usize,
    state: Mutex<State<O>>,
}

struct State<O> {
    /// Places in use.
    used: usize,
    feeds: usize,
    closed: bool,
    ready: VecDeque<Entry<O>>,
    /// For each key of which one message is ready or at work: those behind it.
    held: HashMap<Arc<str>, VecDeque<Entry<O>>>,
    takers: Vec<Waker>,
    givers: Vec<Waker>,
}

struct Entry<O> {
    message: Arc<Message>,
    attempt: u32,
    origin: O,
}

/// A source that puts messages into a queue, and has to be told what became of them.
pub(super) struct Feed<O: Origin>(Arc<Queue<O>>);

impl<O: Origin> Drop for Feed<O> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.feeds -= 1;
        let waiting = state.all_waiting();
        drop(state);
        wake(waiting);
    }
}

impl<O: Origin> std::ops::Deref for Feed<O> {
    type Target = Arc<Queue<O>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// A place in a queue for one message, given back if it is not used.
pub(super) struct Place<O: Origin>(Option<Arc<Queue<O>>>);

impl<O: Origin> Queue<O> {
    pub(super) fn new(capacity: usize) -> Arc<Self> {
        let state = State {
            used: 0,
            feeds: 0,
            closed: false,
            ready: VecDeque::new(),
            held: HashMap::new(),
            takers: Vec::new(),
            givers: Vec::new(),
        };
        Arc::new(Self { capacity, state: Mutex::new(state) })
    }

    /// A place for one message; `None` if the queue is closed.
    pub(super) fn poll_place(self: &Arc<Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Place<O>>> {
        let mut state = self.lock();
        if state.closed {
            return Poll::Ready(None);
        }
        if state.used == self.capacity {
            remember(&mut state.givers, cx);
            return Poll::Pending;
        }
        state.used += 1;
        Poll::Ready(Some(Place(Some(Arc::clone(self)))))
    }

    /// The next message; `None` once the queue is closed and empty.
    pub(super) fn poll_take(self: &Arc<Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Delivery>> {
        let mut state = self.lock();
        if let Some(entry) = state.ready.pop_front() {
            drop(state);
            entry.origin.begun();
            return Poll::Ready(Some(self.delivery(entry)));
        }
        if state.is_finished() && state.feeds == 0 {
            return Poll::Ready(None);
        }
        remember(&mut state.takers, cx);
        Poll::Pending
    }

    /// Takes no more messages; those it has can still be taken.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let waiting = state.all_waiting();
        drop(state);
        wake(waiting);
    }

    /// Closes the queue, and returns to their origins the messages that nobody has taken.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        let ready = std::mem::take(&mut state.ready);
        let held = std::mem::take(&mut state.held);
        let left: Vec<_> = ready.into_iter().chain(held.into_values().flatten()).collect();
        state.used -= left.len();
        let waiting = state.all_waiting();
        drop(state);
        left.into_iter().for_each(|entry| entry.origin.settled(Settlement::Returned));
        wake(waiting);
    }

    /// Ready when no more messages can come and every one has been settled.
    pub(super) fn poll_finished(&self, cx: &mut TaskContext<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.is_finished() {
            return Poll::Ready(());
        }
        remember(&mut state.givers, cx);
        Poll::Pending
    }

    /// The queue is fed from outside, and has not ended until the feed has.
    pub(super) fn feed(self: &Arc<Self>) -> Feed<O> {
        self.lock().feeds += 1;
        Feed(Arc::clone(self))
    }

    fn delivery(self: &Arc<Self>, entry: Entry<O>) -> Delivery {
        let queue = Arc::clone(self);
        let (message, attempt) = (Arc::clone(&entry.message), entry.attempt);
        Delivery::new(message, attempt, move |settlement| queue.settle(entry, settlement))
    }

    fn put(&self, entry: Entry<O>) {
        let mut state = self.lock();
        let takers = state.put(entry);
        drop(state);
        wake(takers);
    }

    fn settle(&self, mut entry: Entry<O>, settlement: Settlement) {
        let mut state = self.lock();
        if settlement == Settlement::Returned && !state.closed {
            entry.attempt += 1;
            state.ready.push_front(entry);
            let takers = std::mem::take(&mut state.takers);
            drop(state);
            return wake(takers);
        }
        state.used -= 1;
        state.release(entry.message.shared_key());
        let waiting = state.all_waiting();
        drop(state);
        entry.origin.settled(settlement);
        wake(waiting);
    }

    /// Never held while anything is called: wakers and origins are told afterwards.
    fn lock(&self) -> MutexGuard<'_, State<O>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<O> State<O> {
    fn is_finished(&self) -> bool {
        self.closed && self.used == 0
    }

    fn put(&mut self, entry: Entry<O>) -> Vec<Waker> {
        if let Some(key) = entry.message.shared_key() {
            if let Some(behind) = self.held.get_mut(key) {
                behind.push_back(entry);
                return Vec::new();
            }
            self.held.insert(Arc::clone(key), VecDeque::new());
        }
        self.ready.push_back(entry);
        std::mem::take(&mut self.takers)
    }

    /// Makes the next message of a key ready, as the one before it is done.
    fn release(&mut self, key: Option<&Arc<str>>) {
        let Some(key) = key else { return };
        match self.held.get_mut(key).and_then(VecDeque::pop_front) {
            Some(next) => self.ready.push_back(next),
            None => drop(self.held.remove(key)),
        }
    }

    fn all_waiting(&mut self) -> Vec<Waker> {
        let mut waiting = std::mem::take(&mut self.takers);
        waiting.append(&mut self.givers);
        waiting
    }
}

impl<O: Origin> Place<O> {
    /// Puts a message into the place.
    pub(super) fn put(mut self, message: Arc<Message>, attempt: u32, origin: O) {
        if let Some(queue) = self.0.take() {
            queue.put(Entry { message, attempt, origin });
        }
    }
}

impl<O: Origin> Drop for Place<O> {
    fn drop(&mut self) {
        let Some(queue) = self.0.take() else { return };
        let mut state = queue.lock();
        state.used -= 1;
        let waiting = state.all_waiting();
        drop(state);
        wake(waiting);
    }
}

fn remember(waiting: &mut Vec<Waker>, cx: &TaskContext<'_>) {
    if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
        waiting.push(cx.waker().clone());
    }
}

fn wake(waiting: Vec<Waker>) {
    waiting.into_iter().for_each(Waker::wake);
}

impl<O> fmt::Debug for Queue<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Queue({} of {})", state.used, self.capacity)
    }
}

#[cfg(test)]
mod tests;
