//! The rules that every registry keeps.
//!
//! ```
//! use std::sync::Arc;
//!
//! use micro_runtime::registry::{MemoryRegistry, Registry};
//! use micro_runtime::testing::registry::{RegistryUnderTest, suite};
//!
//! /// Clones of a memory registry are handles onto the same nodes.
//! struct Memory(MemoryRegistry);
//!
//! impl RegistryUnderTest for Memory {
//!     async fn open(&self) -> Arc<dyn Registry> {
//!         Arc::new(self.0.clone())
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() {
//!     suite(&Memory(MemoryRegistry::new())).await;
//! }
//! ```

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::error::Error;
use crate::registry::{Health, Lease, Node, Registration, Registry, Snapshot};

mod announcing;
mod outage;
mod watching;

/// A registry for the [`suite`]: opens handles onto the same nodes.
pub trait RegistryUnderTest: Send + Sync {
    /// A new handle: what one handle announces, the others see, as if each were in a process of its own.
    fn open(&self) -> impl Future<Output = Arc<dyn Registry>> + Send;

    /// Whether `register` makes a node known; a registry that does not is spared the rules about it.
    fn announces(&self) -> bool {
        true
    }

    /// Whether [`cut`](Self::cut) and [`restore`](Self::restore) work; only then outages are tried.
    fn can_be_cut(&self) -> bool {
        false
    }

    /// Makes the registry unreachable for all handles: stops its server, or removes its folder.
    fn cut(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// Ends what [`cut`](Self::cut) began; announced nodes may have been forgotten meanwhile.
    fn restore(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// How long a change may take to be seen by all handles.
    fn patience(&self) -> Duration {
        Duration::from_secs(10)
    }
}

/// Tries all rules, one after the other, on services with names of their own.
///
/// Needs a tokio runtime with time enabled. Dropping the future leaves no nodes behind.
///
/// # Panics
/// With a sentence that names the rule, if the registry breaks one.
pub async fn suite(world: &impl RegistryUnderTest) {
    let patience = world.patience();
    watching::rules(world, patience).await;
    if world.announces() {
        announcing::rules(world, patience).await;
    }
    if world.announces() && world.can_be_cut() {
        outage::rules(world, patience).await;
    }
}

/// A service name that no earlier run on the same registry has used.
fn unique(purpose: &str) -> String {
    format!("suite-{purpose}-{:016x}", fastrand::u64(..))
}

fn node(id: &str, port: u16) -> Node {
    Node::new(id, crate::Address::host("127.0.0.1", port))
}

async fn announce(registry: &dyn Registry, service: &str, node: Node) -> Lease {
    let id = node.id.clone();
    let registered = registry.register(Registration::new(service, node)).await;
    registered.unwrap_or_else(|error| panic!("register takes node {id:?} of {service:?}: {error}"))
}

type Watch = watch::Receiver<Arc<Snapshot>>;

/// Waits until a snapshot is as the rule says, and returns it.
async fn expect(
    watch: &mut Watch,
    patience: Duration,
    rule: &str,
    holds: impl Fn(&Snapshot) -> bool,
) -> Arc<Snapshot> {
    let found = timeout(patience, watch.wait_for(|snapshot| holds(snapshot))).await;
    let why = match found.map(|found| found.map(|snapshot| snapshot.clone())) {
        Ok(Ok(snapshot)) => return snapshot,
        Ok(Err(_)) => "the watch has ended",
        Err(_) => "it never came",
    };
    panic!("{rule}: {why}; the last snapshot is {:?}", watch.borrow());
}

/// Waits until a live snapshot holds exactly the nodes with these ids.
async fn expect_ids(watch: &mut Watch, patience: Duration, rule: &str, ids: &[&str]) {
    expect(watch, patience, rule, |snapshot| is_live(snapshot) && has_ids(snapshot, ids)).await;
}

fn is_live(snapshot: &Snapshot) -> bool {
    snapshot.health == Health::Live
}

fn has_ids(snapshot: &Snapshot, ids: &[&str]) -> bool {
    snapshot.nodes.iter().map(|node| &*node.id).eq(ids.iter().copied())
}

fn check(holds: bool, rule: &str) {
    assert!(holds, "{rule}");
}

fn check_ok<T>(result: Result<T, Error>, rule: &str) -> T {
    result.unwrap_or_else(|error| panic!("{rule}: {error}"))
}
