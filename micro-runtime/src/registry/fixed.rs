//! A registry of addresses that are known beforehand.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::{Lease, Node, Registration, Registry, Snapshot};
use crate::BoxFuture;
use crate::address::Address;
use crate::error::Result;

/// Services at fixed addresses, behind a load balancer or a DNS name for instance.
///
/// Nothing is announced here: [`register`](Registry::register) returns a held lease and changes nothing, so
/// a service runs with this registry as with any other, and its callers know its address already.
///
/// ```
/// use micro_runtime::registry::{FixedRegistry, Registry};
///
/// let registry = FixedRegistry::new()
///     .service("greeter", ["10.0.0.1:80".parse()?, "10.0.0.2:80".parse()?])
///     .any_other(["gateway:80".parse()?]);
/// assert_eq!(registry.watch("greeter").borrow().nodes[0].id, "10.0.0.1:80");
/// assert_eq!(registry.watch("users").borrow().nodes[0].id, "gateway:80");
/// # Ok::<(), micro_runtime::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct FixedRegistry {
    services: BTreeMap<String, Vec<Arc<Node>>>,
    any_other: Vec<Arc<Node>>,
    channels: Mutex<HashMap<String, watch::Sender<Arc<Snapshot>>>>,
}

impl FixedRegistry {
    /// A registry that knows no service yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same registry with a service at these addresses; the id of each node is its address.
    #[must_use]
    pub fn service(
        mut self,
        name: impl Into<String>,
        addresses: impl IntoIterator<Item = Address>,
    ) -> Self {
        self.services.insert(name.into(), nodes_at(addresses));
        self
    }

    /// The same registry with addresses at which every service can be found that is not named.
    ///
    /// [`list`](Registry::list) tells the named services only.
    #[must_use]
    pub fn any_other(mut self, addresses: impl IntoIterator<Item = Address>) -> Self {
        self.any_other = nodes_at(addresses);
        self
    }

    fn snapshot(&self, service: &str) -> Snapshot {
        let nodes = self.services.get(service).unwrap_or(&self.any_other);
        Snapshot::live(service, nodes.clone())
    }
}

impl Registry for FixedRegistry {
    fn describe(&self) -> String {
        let named = self.services.values().map(Vec::len).sum::<usize>();
        format!("fixed ({} addresses)", named + self.any_other.len())
    }

    fn register(&self, _registration: Registration) -> BoxFuture<Result<Lease>> {
        let lease = Lease::held(|| Box::pin(std::future::ready(Ok(()))));
        Box::pin(std::future::ready(Ok(lease)))
    }

    fn watch(&self, service: &str) -> watch::Receiver<Arc<Snapshot>> {
        // The senders are kept, or the receivers would take their watch for ended.
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(service) {
            return channel.subscribe();
        }
        channels.retain(|_, channel| channel.receiver_count() > 0);
        let (channel, receiver) = watch::channel(Arc::new(self.snapshot(service)));
        channels.insert(service.to_owned(), channel);
        receiver
    }

    fn list(&self) -> BoxFuture<Result<Vec<String>>> {
        let named = self.services.iter().filter(|(_, nodes)| !nodes.is_empty());
        let names = named.map(|(name, _)| name.clone()).collect();
        Box::pin(std::future::ready(Ok(names)))
    }
}

fn nodes_at(addresses: impl IntoIterator<Item = Address>) -> Vec<Arc<Node>> {
    let by_id: BTreeMap<_, _> =
        addresses.into_iter().map(|address| (address.to_string(), address)).collect();
    by_id.into_iter().map(|(id, address)| Arc::new(Node::new(id, address))).collect()
}
