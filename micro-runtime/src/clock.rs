//! Deadlines of many calls on one timer.
//!
//! A timer of its own for each call costs more than a small call does: each new timer that is the earliest
//! wakes the thread that waits for the system's events. Deadlines of calls mostly come in the order of the
//! calls and are rarely reached, so one timer, set to the earliest and left there when that call ends in
//! time, is moved about once for each deadline's length, not once for each call.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A timer for many deadlines; its task ends when it is dropped.
#[derive(Default)]
pub(crate) struct Clock {
    shared: Arc<Shared>,
    task: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    earlier: Notify,
}

#[derive(Default)]
struct State {
    waiting: BTreeMap<Key, Waker>,
    last_number: u64,
    /// When the timer goes off, which may be before the earliest deadline but never after it.
    set_to: Option<Instant>,
}

/// A deadline, and a number that tells it from others at the same time.
type Key = (Instant, u64);

impl Clock {
    /// What a future resolves to, or `None` if the deadline passes before it has.
    ///
    /// Dropping it drops the future and forgets the deadline.
    pub(crate) async fn limit<F: Future>(&self, deadline: Instant, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut entry = Entry { clock: self, deadline, key: None };
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if entry.is_over(cx.waker()) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    fn register(&self, deadline: Instant, waker: Waker) -> Key {
        let (key, earlier) = self.shared.lock().add(deadline, waker);
        if earlier {
            self.shared.earlier.notify_one();
        }
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        // The runtime that the task was started on may be gone.
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            *task = Some(tokio::spawn(Arc::clone(&self.shared).run()));
        }
        key
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner);
        task.take().into_iter().for_each(|task| task.abort());
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({} deadlines)", self.shared.lock().waiting.len())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run(self: Arc<Self>) {
        loop {
            let set_to = self.lock().set();
            let goes_off = async {
                match set_to {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = goes_off => {}
                () = self.earlier.notified() => {}
            }
        }
    }
}

impl State {
    /// Adds a deadline; `true` if the timer must be set to it.
    fn add(&mut self, deadline: Instant, waker: Waker) -> (Key, bool) {
        self.last_number += 1;
        let key = (deadline, self.last_number);
        self.waiting.insert(key, waker);
        let earlier = self.set_to.is_none_or(|set_to| deadline < set_to);
        (key, earlier)
    }

    /// Wakes whoever's deadline has passed, and sets the timer to the next.
    fn set(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let later = self.waiting.split_off(&(now, u64::MAX));
        std::mem::replace(&mut self.waiting, later).into_values().for_each(Waker::wake);
        self.set_to = self.waiting.first_key_value().map(|((deadline, _), _)| *deadline);
        self.set_to
    }

    /// Keeps a deadline with a waker; `false` if it has passed.
    fn keep(&mut self, key: Key, waker: &Waker) -> bool {
        match self.waiting.get_mut(&key) {
            None => false,
            Some(known) => {
                known.clone_from(waker);
                true
            }
        }
    }
}

/// A deadline of one future, forgotten when it is dropped.
struct Entry<'a> {
    clock: &'a Clock,
    deadline: Instant,
    key: Option<Key>,
}

impl Entry<'_> {
    /// Whether the deadline has passed; if not, the waker is woken when it does.
    fn is_over(&mut self, waker: &Waker) -> bool {
        match self.key {
            Some(key) => !self.clock.shared.lock().keep(key, waker),
            None if self.deadline <= Instant::now() => true,
            None => {
                self.key = Some(self.clock.register(self.deadline, waker.clone()));
                false
            }
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.clock.shared.lock().waiting.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_future_in_time_is_let_through_and_a_late_one_is_not() {
        let clock = Clock::default();
        let deadline = Instant::now() + 2 * SECOND;
        let quick = clock.limit(deadline, tokio::time::sleep(SECOND));
        let slow = clock.limit(deadline, tokio::time::sleep(3 * SECOND));
        let (quick, slow) = tokio::join!(quick, slow);
        assert_eq!((quick, slow), (Some(()), None));
        assert_eq!(Instant::now(), deadline);
        assert!(clock.shared.lock().waiting.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn an_earlier_deadline_overtakes() {
        let clock = Arc::new(Clock::default());
        let started = Instant::now();
        let never = std::future::pending::<()>;
        let late = tokio::spawn({
            let clock = Arc::clone(&clock);
            async move { clock.limit(started + 5 * SECOND, never()).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(clock.limit(started + SECOND, never()).await, None);
        assert_eq!(Instant::now(), started + SECOND);
        assert_eq!(late.await.unwrap(), None);
        assert_eq!(Instant::now(), started + 5 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_ends_in_time_leaves_the_timer_where_it_is() {
        let clock = Clock::default();
        let started = Instant::now();
        clock.limit(started + SECOND, tokio::task::yield_now()).await.unwrap();
        let late = clock.limit(started + 2 * SECOND, std::future::pending::<()>());
        assert_eq!(late.await, None);
        assert_eq!(Instant::now(), started + 2 * SECOND);
    }
}
