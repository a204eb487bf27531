//! What all clones of a local registry share: watched services, leases, and the thread that sees to both.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::Folder;
use super::announcement::{self, Announcement, Record};
use super::file_name;
use super::scan::{self, Known, Scan};
use crate::error::Result;
use crate::registry::{Lease, LeaseState, Registration, Snapshot};

/// How often locks are looked at while somebody watches: a death is known to all within 500 ms.
const SCAN_EVERY: Duration = Duration::from_millis(200);

/// How often own files are looked at while there are leases.
const CHECK_EVERY: Duration = Duration::from_secs(4);

#[derive(Debug)]
pub(super) struct Keeper {
    folder: Folder,
    state: Mutex<State>,
    /// Wakes the thread before its time.
    wake: Condvar,
}

#[derive(Debug, Default)]
struct State {
    scan: Scan,
    /// The folder was found to be safe.
    prepared: bool,
    channels: HashMap<String, Channel>,
    leases: HashMap<u64, Held>,
    leases_so_far: u64,
    thread_runs: bool,
}

#[derive(Debug)]
struct Channel {
    prefix: String,
    sender: watch::Sender<Arc<Snapshot>>,
}

#[derive(Debug)]
struct Held {
    record: Record,
    announcement: Announcement,
    state: watch::Sender<LeaseState>,
}

impl Keeper {
    pub(super) fn new(folder: Folder) -> Arc<Self> {
        Arc::new(Self { folder, state: Mutex::default(), wake: Condvar::new() })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn register(self: Arc<Self>, registration: Registration) -> Result<Lease> {
        let Registration { service, node, .. } = registration;
        let record = Record { service, node };
        self.folder.prepare()?;
        let announcement = Announcement::new(&self.folder, &record)?;
        let listed = remove_earlier(self.path(), &record, announcement.name())
            .and_then(|()| scan::clean(self.path()));
        listed.map_err(|cause| self.folder.error("cannot be read", cause))?;
        let (sender, held) = watch::channel(LeaseState::Held);
        let number = self.keep(Held { record, announcement, state: sender });
        Ok(Lease::new(held, move || {
            self.withdraw(number);
            Box::pin(std::future::ready(Ok(())))
        }))
    }

    fn keep(self: &Arc<Self>, held: Held) -> u64 {
        let mut state = self.lock();
        state.leases_so_far += 1;
        let number = state.leases_so_far;
        state.leases.insert(number, held);
        state.check_leases(&self.folder);
        state.refresh(&self.folder);
        self.see_to(&mut state);
        number
    }

    fn withdraw(&self, number: u64) {
        let mut state = self.lock();
        // Dropping the announcement removes its files.
        drop(state.leases.remove(&number));
        state.refresh(&self.folder);
        self.wake.notify_all();
    }

    /// The folder is looked at before this returns, so the first snapshot is no older than the call.
    pub(super) fn watch(self: &Arc<Self>, service: &str) -> watch::Receiver<Arc<Snapshot>> {
        let mut state = self.lock();
        let receiver = match state.channels.get(service) {
            Some(channel) => channel.sender.subscribe(),
            None => state.open_channel(service),
        };
        state.refresh(&self.folder);
        self.see_to(&mut state);
        receiver
    }

    pub(super) fn list(&self) -> Result<Vec<String>> {
        let mut state = self.lock();
        state.prepare(&self.folder)?;
        let known = state.scan.live(self.path(), |_| true);
        let known = known.map_err(|cause| self.folder.error("cannot be read", cause))?;
        // The nodes are sorted by service.
        let mut names: Vec<_> = known.iter().map(|known| known.service.to_string()).collect();
        names.dedup();
        Ok(names)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a thread see to watchers and leases until there are none.
    fn see_to(self: &Arc<Self>, state: &mut State) {
        if state.thread_runs {
            self.wake.notify_all();
            return;
        }
        let keeper = self.clone();
        let name = "micro-local-registry".to_owned();
        match thread::Builder::new().name(name).spawn(move || keeper.run()) {
            Ok(_detached) => state.thread_runs = true,
            Err(error) => state.set_stale(&format!("no thread can be started: {error}")),
        }
    }

    fn run(&self) {
        let mut checked = Instant::now();
        let mut state = self.lock();
        while state.is_needed() {
            let pause = if state.channels.is_empty() { CHECK_EVERY } else { SCAN_EVERY };
            let woken = self.wake.wait_timeout(state, pause);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
            if checked.elapsed() >= CHECK_EVERY {
                state.check_leases(&self.folder);
                checked = Instant::now();
            }
            state.refresh(&self.folder);
        }
        state.thread_runs = false;
    }
}

impl State {
    fn is_needed(&mut self) -> bool {
        self.channels.retain(|_, channel| channel.sender.receiver_count() > 0);
        !self.channels.is_empty() || !self.leases.is_empty()
    }

    fn prepare(&mut self, folder: &Folder) -> Result<()> {
        if !self.prepared {
            folder.prepare()?;
            self.prepared = true;
        }
        Ok(())
    }

    fn open_channel(&mut self, service: &str) -> watch::Receiver<Arc<Snapshot>> {
        let (sender, receiver) = watch::channel(Arc::new(Snapshot::loading(service)));
        let prefix = file_name::service_prefix(service);
        self.channels.insert(service.to_owned(), Channel { prefix, sender });
        receiver
    }

    /// Looks at the folder and tells watchers what has changed.
    fn refresh(&mut self, folder: &Folder) {
        if self.channels.is_empty() {
            return;
        }
        if let Err(error) = self.prepare(folder) {
            return self.set_stale(error.message());
        }
        let channels = &self.channels;
        let watched =
            |name: &str| channels.values().any(|channel| name.starts_with(&channel.prefix));
        match self.scan.live(folder.path(), watched) {
            Ok(known) => self.set_live(&known),
            Err(cause) => self.set_stale(folder.error("cannot be read", cause).message()),
        }
    }

    fn set_live(&self, known: &[Known]) {
        for (service, channel) in &self.channels {
            let nodes = known.iter().filter(|known| *known.service == **service);
            let nodes = nodes.map(|known| known.node.clone()).collect();
            channel.tell(Snapshot::live(service, nodes));
        }
    }

    fn set_stale(&self, why: &str) {
        for channel in self.channels.values() {
            let stale = channel.sender.borrow().stale(why);
            if channel.tell(stale) {
                tracing::warn!(why, "the local registry is away");
            }
        }
    }

    /// Announces nodes again whose files were removed by someone else.
    fn check_leases(&mut self, folder: &Folder) {
        for held in self.leases.values_mut().filter(|held| !held.announcement.stands()) {
            let now = match held.announce_again(folder) {
                Ok(()) => LeaseState::Held,
                Err(why) => LeaseState::Lost(why),
            };
            held.state.send_if_modified(|state| replace_if_other(state, now));
        }
    }
}

impl Channel {
    fn tell(&self, snapshot: Snapshot) -> bool {
        self.sender.send_if_modified(|told| {
            let other = **told != snapshot;
            if other {
                *told = Arc::new(snapshot);
            }
            other
        })
    }
}

impl Held {
    fn announce_again(&mut self, folder: &Folder) -> Result<(), String> {
        let name = self.announcement.name();
        if has_later(folder.path(), &self.record, name) {
            return Err("a newer announcement has the same service and id".to_owned());
        }
        let again = folder.prepare().and_then(|()| Announcement::new(folder, &self.record));
        self.announcement = again.map_err(|error| error.message().to_owned())?;
        tracing::info!(
            service = self.record.service,
            node = self.record.node.id,
            "a node's files were gone from the local registry; they are there again"
        );
        Ok(())
    }
}

fn replace_if_other<T: PartialEq>(old: &mut T, new: T) -> bool {
    let other = *old != new;
    *old = new;
    other
}

/// Ends announcements of the same node that were made before the one called `name`.
fn remove_earlier(folder: &Path, record: &Record, name: &str) -> io::Result<()> {
    for other in of_same_node(folder, record)? {
        if *other < *name {
            announcement::remove(folder, &other);
        }
    }
    Ok(())
}

fn has_later(folder: &Path, record: &Record, name: &str) -> bool {
    let others = of_same_node(folder, record).unwrap_or_default();
    others.iter().any(|other| **other > *name && !announcement::is_dead(folder, other))
}

fn of_same_node(folder: &Path, record: &Record) -> io::Result<Vec<String>> {
    let prefix = file_name::node_prefix(&record.service, &record.node.id);
    let mut names = scan::node_names(folder)?;
    names.retain(|name| name.starts_with(&prefix));
    Ok(names)
}
