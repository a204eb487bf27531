//! The nodes of one service as a client sees them, and the pick of one for a call.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

use super::node::Slot;
use crate::error::{Error, Reach, Result};
use crate::registry::{Health, Node, Registry, Snapshot};
use crate::selector::{Filter, Outcome, Picker, Selector};
use crate::transport::{Connection, Transport};

/// How many pickers of single calls' filters are kept, per service.
const MAX_FILTERED: usize = 64;

/// The nodes of one service: watched, connected to, picked from.
pub(super) struct Directory {
    service: Arc<str>,
    registry: Arc<dyn Registry>,
    transport: Arc<dyn Transport>,
    selector: Arc<dyn Selector>,
    watch: watch::Receiver<Arc<Snapshot>>,
    state: Mutex<State>,
}

struct State {
    seen: watch::Receiver<Arc<Snapshot>>,
    slots: Vec<Arc<Slot>>,
    /// When a node that is left alone now is worth asking again: the pickers are made anew then.
    resume: Option<Instant>,
    all: Option<Pool>,
    filtered: HashMap<Arc<str>, Pool>,
}

/// Some of the nodes, and the picker over them.
#[derive(Clone)]
struct Pool {
    slots: Arc<[Arc<Slot>]>,
    picker: Arc<dyn Picker>,
}

impl Directory {
    pub(super) fn new(
        service: Arc<str>,
        registry: Arc<dyn Registry>,
        transport: Arc<dyn Transport>,
        selector: Arc<dyn Selector>,
    ) -> Self {
        let watch = registry.watch(&service);
        let mut seen = watch.clone();
        seen.mark_changed();
        let (slots, filtered) = (Vec::new(), HashMap::new());
        let state = Mutex::new(State { seen, slots, resume: None, all: None, filtered });
        Self { service, registry, transport, selector, watch, state }
    }

    /// A node for a call, other than those `tried` if there is one; waits for the first to appear.
    ///
    /// # Errors
    /// `unavailable`, naming registry, time waited and known services, if none appeared by `deadline`.
    pub(super) async fn pick(
        &self,
        filter: Option<&Filter>,
        tried: &[Arc<Slot>],
        deadline: Option<Instant>,
    ) -> Result<Pick> {
        if let Some(pick) = self.try_pick(filter, tried) {
            return Ok(pick);
        }
        let started = Instant::now();
        let mut watch = self.watch.clone();
        loop {
            let changed = async { watch.changed().await.is_ok() };
            let go_on = match deadline {
                None => changed.await,
                Some(deadline) => tokio::time::timeout_at(deadline, changed).await.unwrap_or(false),
            };
            if let Some(pick) = self.try_pick(filter, tried) {
                return Ok(pick);
            }
            if !go_on {
                return Err(self.nobody(filter, started).await);
            }
        }
    }

    fn try_pick(&self, filter: Option<&Filter>, tried: &[Arc<Slot>]) -> Option<Pick> {
        let pool = {
            let mut state = self.state();
            state.refresh();
            state.pool(filter, &*self.selector)
        };
        let index = untried(&pool, tried)?;
        let slot = Arc::clone(pool.slots.get(index)?);
        slot.candidate().start();
        Some(Pick { slot, picker: pool.picker, index, started: Instant::now(), answered: false })
    }

    async fn nobody(&self, filter: Option<&Filter>, started: Instant) -> Error {
        let (service, waited) = (&self.service, started.elapsed());
        let snapshot = Arc::clone(&self.watch.borrow());
        let filter = filter.filter(|_| !snapshot.nodes.is_empty());
        let what = match filter {
            Some(filter) => format!("no node of {service} passes the filter {}", filter.key()),
            None => format!("no node of {service} is registered in {}", self.registry.describe()),
        };
        let known = match (&snapshot.health, filter) {
            (Health::Stale(why), _) => format!("the registry is away: {why}"),
            (_, Some(_)) => format!("there are: {}", described(&snapshot.nodes)),
            (_, None) => self.others().await,
        };
        Error::unavailable(format!("{what} (waited {waited:.1?}; {known})"))
            .with_reach(Reach::NotSent)
    }

    /// What the registry knows beside this service: a misspelt name is noticed so.
    async fn others(&self) -> String {
        match self.registry.list().await {
            Ok(known) if known.is_empty() => {
                "it knows no service at all: is one running, with the same registry?".to_owned()
            }
            Ok(known) => format!("it knows: {}", known.join(", ")),
            Err(error) => format!("it cannot be asked for others: {error}"),
        }
    }

    /// The connection to a picked node.
    pub(super) async fn connect(&self, pick: &Pick) -> Result<Arc<dyn Connection>> {
        let connected = pick.slot.connect(&self.transport).await;
        if connected.is_err() {
            self.state().stale();
        }
        connected
    }

    /// A call to a picked node failed, with nothing sent or with no answer.
    pub(super) fn failed(&self, pick: &Pick, connection: &Arc<dyn Connection>, reach: Reach) {
        if pick.slot.failed(connection, reach) {
            self.state().stale();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Some nodes with what filters ask for: `greeter-1 (version 1.2.0, zone=eu)`.
fn described(nodes: &[Arc<Node>]) -> String {
    const MOST: usize = 5;
    let described = nodes.iter().take(MOST).map(|node| {
        let version = Some(&node.version).filter(|version| !version.is_empty());
        let version = version.map(|version| format!("version {version}"));
        let labels = node.metadata.iter().map(|(name, value)| format!("{name}={value}"));
        let facts: Vec<_> = version.into_iter().chain(labels).collect();
        if facts.is_empty() {
            node.id.clone()
        } else {
            format!("{} ({})", node.id, facts.join(", "))
        }
    });
    let more = nodes.len().checked_sub(MOST + 1).map(|last| format!("and {} more", last + 1));
    described.chain(more).collect::<Vec<_>>().join(", ")
}

/// A node that was not tried yet: by the picker's choice while it finds one, else any.
fn untried(pool: &Pool, tried: &[Arc<Slot>]) -> Option<usize> {
    let is_new = |index: &usize| {
        pool.slots.get(*index).is_some_and(|slot| !tried.iter().any(|old| Arc::ptr_eq(old, slot)))
    };
    let first = pool.picker.pick()?;
    if tried.is_empty() || is_new(&first) {
        return Some(first);
    }
    let again = (0..3).filter_map(|_| pool.picker.pick()).find(|index| is_new(index));
    again.or_else(|| (0..pool.slots.len()).find(is_new)).or(Some(first))
}

impl State {
    /// Takes over a new snapshot; nodes that stay keep their connection and what is known of them.
    fn refresh(&mut self) {
        if self.seen.has_changed().unwrap_or(false) {
            let snapshot = Arc::clone(&self.seen.borrow_and_update());
            let known = std::mem::take(&mut self.slots);
            self.slots = snapshot.nodes.iter().map(|node| kept(&known, node)).collect();
            self.stale();
        }
        if self.resume.is_some_and(|resume| resume <= Instant::now()) {
            self.stale();
        }
    }

    /// The pickers do not fit any more what is known of the nodes.
    fn stale(&mut self) {
        (self.all, self.resume) = (None, None);
        self.filtered.clear();
    }

    fn pool(&mut self, filter: Option<&Filter>, selector: &dyn Selector) -> Pool {
        let known = match filter {
            None => self.all.as_ref(),
            Some(filter) => self.filtered.get(filter.key()),
        };
        if let Some(pool) = known {
            return pool.clone();
        }
        let pool = self.make_pool(filter, selector);
        match filter {
            None => self.all = Some(pool.clone()),
            Some(filter) => {
                if self.filtered.len() >= MAX_FILTERED {
                    self.filtered.clear();
                }
                self.filtered.insert(Arc::clone(filter.key()), pool.clone());
            }
        }
        pool
    }

    /// The nodes that pass the filter and are not left alone; all that pass, if every one is.
    fn make_pool(&mut self, filter: Option<&Filter>, selector: &dyn Selector) -> Pool {
        let passes = |slot: &&Arc<Slot>| filter.is_none_or(|filter| filter.matches(slot.node()));
        let passing: Vec<_> = self.slots.iter().filter(passes).cloned().collect();
        let now = Instant::now();
        let pauses = passing.iter().filter_map(|slot| slot.paused_until());
        self.resume = pauses.filter(|until| *until > now).chain(self.resume).min();
        let is_up = |slot: &&Arc<Slot>| slot.paused_until().is_none_or(|until| until <= now);
        let up: Vec<_> = passing.iter().filter(is_up).cloned().collect();
        let slots: Arc<[_]> = if up.is_empty() { passing.into() } else { up.into() };
        let candidates = slots.iter().map(|slot| Arc::clone(slot.candidate())).collect();
        Pool { slots, picker: selector.picker(candidates) }
    }
}

/// The slot that the node has already, or a new one.
fn kept(known: &[Arc<Slot>], node: &Arc<Node>) -> Arc<Slot> {
    let slot = known.iter().find(|slot| slot.node() == node);
    slot.map_or_else(|| Arc::new(Slot::new(Arc::clone(node))), Arc::clone)
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Directory({})", self.service)
    }
}

/// A node picked for one call; the picker learns what became of it when this is dropped.
pub(super) struct Pick {
    slot: Arc<Slot>,
    picker: Arc<dyn Picker>,
    index: usize,
    started: Instant,
    answered: bool,
}

impl Pick {
    pub(super) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// The node answered, be it with an error of its own.
    pub(super) fn answered(&mut self) {
        self.answered = true;
        self.slot.answered();
    }
}

impl Drop for Pick {
    fn drop(&mut self) {
        self.slot.candidate().finish();
        self.picker.finished(self.index, &Outcome::new(self.started.elapsed(), self.answered));
    }
}
