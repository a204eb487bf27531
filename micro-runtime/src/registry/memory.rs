//! A registry inside one process, for tests and programs that talk to themselves.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{Lease, LeaseState, Node, Registration, Registry, Snapshot};
use crate::BoxFuture;
use crate::error::Result;

/// Nodes in memory: clones share them, separate values know nothing of each other.
///
/// A withdrawal is done when [`Lease::withdraw`] or the lease's drop returns; every watcher has the new
/// snapshot by then.
///
/// ```
/// use micro_runtime::registry::{MemoryRegistry, Node, Registration, Registry};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let registry = MemoryRegistry::new();
/// let node = Node::new("greeter-1", "127.0.0.1:8080".parse()?);
/// let lease = registry.register(Registration::new("greeter", node)).await?;
/// assert_eq!(registry.watch("greeter").borrow().nodes.len(), 1);
/// lease.withdraw().await?;
/// assert!(registry.watch("greeter").borrow().nodes.is_empty());
/// # Ok::<(), micro_runtime::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Default)]
pub struct MemoryRegistry {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    nodes: BTreeMap<String, BTreeMap<String, Announced>>,
    channels: HashMap<String, watch::Sender<Arc<Snapshot>>>,
    announcements: u64,
}

struct Announced {
    number: u64,
    node: Arc<Node>,
    state: watch::Sender<LeaseState>,
}

impl MemoryRegistry {
    /// A registry without nodes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn announce(&self, registration: Registration) -> Lease {
        let Registration { service, node, .. } = registration;
        let (id, (state, held)) = (node.id.clone(), watch::channel(LeaseState::Held));
        let number = self.lock().insert(&service, Arc::new(node), state);
        let registry = self.clone();
        Lease::new(held, move || {
            registry.lock().remove(&service, &id, number);
            Box::pin(std::future::ready(Ok(())))
        })
    }
}

impl Registry for MemoryRegistry {
    fn describe(&self) -> String {
        "memory".to_owned()
    }

    fn is_networked(&self) -> bool {
        false
    }

    fn register(&self, registration: Registration) -> BoxFuture<Result<Lease>> {
        let registry = self.clone();
        Box::pin(async move { Ok(registry.announce(registration)) })
    }

    fn watch(&self, service: &str) -> watch::Receiver<Arc<Snapshot>> {
        self.lock().subscribe(service)
    }

    fn list(&self) -> BoxFuture<Result<Vec<String>>> {
        let names = self.lock().nodes.keys().cloned().collect();
        Box::pin(std::future::ready(Ok(names)))
    }
}

impl Shared {
    fn insert(&mut self, service: &str, node: Arc<Node>, state: watch::Sender<LeaseState>) -> u64 {
        self.announcements += 1;
        let (number, id) = (self.announcements, node.id.clone());
        let announced = Announced { number, node, state };
        let nodes = self.nodes.entry(service.to_owned()).or_default();
        if let Some(before) = nodes.insert(id, announced) {
            let why = "a newer announcement has the same service and id";
            before.state.send_replace(LeaseState::Lost(why.to_owned()));
        }
        self.tell(service);
        number
    }

    /// Removes the announcement with that number only: a newer one with the same id stays.
    fn remove(&mut self, service: &str, id: &str, number: u64) {
        let Some(nodes) = self.nodes.get_mut(service) else { return };
        if nodes.get(id).is_none_or(|announced| announced.number != number) {
            return;
        }
        nodes.remove(id);
        if nodes.is_empty() {
            self.nodes.remove(service);
        }
        self.tell(service);
    }

    fn subscribe(&mut self, service: &str) -> watch::Receiver<Arc<Snapshot>> {
        if let Some(channel) = self.channels.get(service) {
            return channel.subscribe();
        }
        self.channels.retain(|_, channel| channel.receiver_count() > 0);
        let (channel, receiver) = watch::channel(Arc::new(self.snapshot(service)));
        self.channels.insert(service.to_owned(), channel);
        receiver
    }

    fn tell(&self, service: &str) {
        if let Some(channel) = self.channels.get(service) {
            channel.send_replace(Arc::new(self.snapshot(service)));
        }
    }

    fn snapshot(&self, service: &str) -> Snapshot {
        let nodes = self.nodes.get(service).into_iter().flat_map(BTreeMap::values);
        Snapshot::live(service, nodes.map(|announced| announced.node.clone()).collect())
    }
}

impl fmt::Debug for MemoryRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = self.lock();
        let counts = shared.nodes.iter().map(|(service, nodes)| (service, nodes.len()));
        f.write_str("MemoryRegistry ")?;
        f.debug_map().entries(counts).finish()
    }
}
