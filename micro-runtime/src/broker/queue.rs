//! Messages that wait for one group: bounded, in order for each key, returned if they are dropped.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as TaskContext, Poll, Waker, ready};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::PollSemaphore;

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
    places: Arc<Semaphore>,
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
    /// Those who wait for the end.
    watchers: Vec<Waker>,
}

struct Entry<O> {
    message: Arc<Message>,
    attempt: u32,
    origin: O,
    _permit: OwnedSemaphorePermit,
}

/// A source that puts messages into a queue, and has to be told what became of them.
pub(super) struct Feed<O: Origin> {
    queue: Arc<Queue<O>>,
    places: PollSemaphore,
}

impl<O: Origin> Feed<O> {
    /// A place for one message, in the order of asking; `None` if the queue is closed.
    pub(super) fn poll_place(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Place<O>>> {
        let permit = ready!(self.places.poll_acquire(cx));
        Poll::Ready(permit.and_then(|permit| self.queue.occupy(permit)))
    }

    /// As [`Queue::poll_finished`].
    pub(super) fn poll_finished(&self, cx: &mut TaskContext<'_>) -> Poll<()> {
        self.queue.poll_finished(cx)
    }
}

impl<O: Origin> Drop for Feed<O> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.feeds -= 1;
        let waiting = state.all_if_finished();
        drop(state);
        wake(waiting);
    }
}

/// A place in a queue for one message, given back if it is not used.
pub(super) struct Place<O: Origin>(Option<(Arc<Queue<O>>, OwnedSemaphorePermit)>);

impl<O: Origin> Queue<O> {
    pub(super) fn new(capacity: usize) -> Arc<Self> {
        let capacity = capacity.clamp(1, Semaphore::MAX_PERMITS);
        let state = State {
            used: 0,
            feeds: 0,
            closed: false,
            ready: VecDeque::new(),
            held: HashMap::new(),
            takers: Vec::new(),
            watchers: Vec::new(),
        };
        let places = Arc::new(Semaphore::new(capacity));
        Arc::new(Self { capacity, places, state: Mutex::new(state) })
    }

    /// A place for one message, if there is one without waiting.
    pub(super) fn try_place(self: &Arc<Self>) -> Option<Place<O>> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        self.occupy(permit)
    }

    /// A place for one message, in the order of asking; `None` if the queue is closed.
    pub(super) async fn place(self: &Arc<Self>) -> Option<Place<O>> {
        let permit = Arc::clone(&self.places).acquire_owned().await.ok()?;
        self.occupy(permit)
    }

    fn occupy(self: &Arc<Self>, permit: OwnedSemaphorePermit) -> Option<Place<O>> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        state.used += 1;
        Some(Place(Some((Arc::clone(self), permit))))
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
        let waiting = state.all_if_finished();
        drop(state);
        self.places.close();
        wake(waiting);
    }

    /// Closes the queue, and returns to their origins the messages that nobody has taken.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        let ready = std::mem::take(&mut state.ready);
        let held = std::mem::take(&mut state.held);
        let left: Vec<_> = ready.into_iter().chain(held.into_values().flatten()).collect();
        self.places.close();
        self.discharge(state, left.into_iter(), Settlement::Returned);
    }

    /// Ready when no more messages can come and every one has been settled.
    pub(super) fn poll_finished(&self, cx: &mut TaskContext<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.is_finished() {
            return Poll::Ready(());
        }
        remember(&mut state.watchers, cx);
        Poll::Pending
    }

    /// The queue is fed from outside, and has not ended until the feed has.
    pub(super) fn feed(self: &Arc<Self>) -> Feed<O> {
        self.lock().feeds += 1;
        let places = PollSemaphore::new(Arc::clone(&self.places));
        Feed { queue: Arc::clone(self), places }
    }

    fn delivery(self: &Arc<Self>, entry: Entry<O>) -> Delivery {
        let queue = Arc::clone(self);
        let (message, attempt) = (Arc::clone(&entry.message), entry.attempt);
        Delivery::new(message, attempt, move |settlement| queue.settle(entry, settlement))
    }

    fn put(&self, entry: Entry<O>) {
        let mut state = self.lock();
        if state.closed {
            // One of its key may have been returned already, and is to come before it.
            return self.discharge(state, std::iter::once(entry), Settlement::Returned);
        }
        let takers = state.put(entry);
        drop(state);
        wake(takers);
    }

    fn settle(&self, entry: Entry<O>, settlement: Settlement) {
        let mut state = self.lock();
        match settlement {
            Settlement::Done => {
                let takers = state.release(entry.message.shared_key());
                self.discharge(state, std::iter::once(entry), settlement);
                wake(takers);
            }
            Settlement::Returned if state.closed => {
                let key = entry.message.shared_key();
                let mut back = key.and_then(|key| state.held.remove(key)).unwrap_or_default();
                back.push_front(entry);
                self.discharge(state, back.into_iter(), settlement);
            }
            Settlement::Returned => {
                state.ready.push_front(Entry { attempt: entry.attempt + 1, ..entry });
                let takers = std::mem::take(&mut state.takers);
                drop(state);
                wake(takers);
            }
        }
    }

    /// Lets messages go, and tells their origins what became of them.
    fn discharge(
        &self,
        mut state: MutexGuard<'_, State<O>>,
        entries: impl ExactSizeIterator<Item = Entry<O>>,
        settlement: Settlement,
    ) {
        state.used -= entries.len();
        let waiting = state.all_if_finished();
        drop(state);
        entries.for_each(|entry| entry.origin.settled(settlement));
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
    fn release(&mut self, key: Option<&Arc<str>>) -> Vec<Waker> {
        let Some(key) = key else { return Vec::new() };
        let Some(next) = self.held.get_mut(key).and_then(VecDeque::pop_front) else {
            self.held.remove(key);
            return Vec::new();
        };
        self.ready.push_back(next);
        std::mem::take(&mut self.takers)
    }

    /// Who is to be told if this is the end.
    fn all_if_finished(&mut self) -> Vec<Waker> {
        if !self.is_finished() {
            return Vec::new();
        }
        let mut waiting = std::mem::take(&mut self.takers);
        waiting.append(&mut self.watchers);
        waiting
    }
}

impl<O: Origin> Place<O> {
    /// Puts a message into the place; a queue that was closed since returns it.
    pub(super) fn put(mut self, message: Arc<Message>, attempt: u32, origin: O) {
        if let Some((queue, permit)) = self.0.take() {
            queue.put(Entry { message, attempt, origin, _permit: permit });
        }
    }
}

impl<O: Origin> Drop for Place<O> {
    fn drop(&mut self) {
        let Some((queue, _permit)) = self.0.take() else { return };
        let mut state = queue.lock();
        state.used -= 1;
        let waiting = state.all_if_finished();
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
