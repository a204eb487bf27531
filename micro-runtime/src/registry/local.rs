//! The embedded default: services of one user on one machine find each other through a folder.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use super::{Lease, Registration, Registry, Snapshot};
use crate::BoxFuture;
use crate::error::Result;

mod announcement;
mod file_name;
mod folder;
mod keeper;
mod scan;

use folder::Folder;
use keeper::Keeper;

/// Nodes in a folder that one user's processes share; nothing needs to be installed or started.
///
/// Each node is a file, and beside it lies a lock that the node's process holds. A process that dies
/// loses its lock at once, however it dies, so nodes need no heartbeats: watchers look at the locks
/// every 200 ms. The folder is private to its user, and one that others own or can write to is refused.
///
/// The folder is `$XDG_RUNTIME_DIR/micro`, or else `micro-<user id>` in the folder for temporary files.
/// Processes in different containers find each other if they share the folder and can reach each
/// other's addresses. File systems without locks, such as some network shares, will not do.
///
/// Values with the same folder show the same nodes; clones share one thread, which exists only while there
/// are watchers or leases and is independent of any runtime.
///
/// ```
/// use micro_runtime::registry::{LocalRegistry, Node, Registration, Registry};
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("micro");
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let here = LocalRegistry::new(&folder);
/// let node = Node::new("greeter-1", "127.0.0.1:8080".parse()?);
/// let lease = here.register(Registration::new("greeter", node)).await?;
///
/// let elsewhere = LocalRegistry::new(&folder);
/// assert_eq!(elsewhere.watch("greeter").borrow().nodes[0].id, "greeter-1");
/// lease.withdraw().await?;
/// # Ok::<(), micro_runtime::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct LocalRegistry {
    keeper: Arc<Keeper>,
}

impl LocalRegistry {
    /// The registry in this folder, which is created when it is first used.
    ///
    /// Until the folder can be used, snapshots are stale and say why; `register` and `list` fail.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { keeper: Keeper::new(Folder::new(folder.into())) }
    }

    /// The registry in the folder of the user who runs this process.
    #[must_use]
    pub fn of_user() -> Self {
        Self::new(folder::of_user())
    }
}

impl Registry for LocalRegistry {
    fn describe(&self) -> String {
        format!("local ({})", self.keeper.path().display())
    }

    fn is_networked(&self) -> bool {
        false
    }

    fn register(&self, registration: Registration) -> BoxFuture<Result<Lease>> {
        let keeper = self.keeper.clone();
        Box::pin(async move { keeper.register(registration) })
    }

    fn watch(&self, service: &str) -> watch::Receiver<Arc<Snapshot>> {
        self.keeper.watch(service)
    }

    fn list(&self) -> BoxFuture<Result<Vec<String>>> {
        let keeper = self.keeper.clone();
        Box::pin(async move { keeper.list() })
    }
}

impl fmt::Debug for LocalRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalRegistry({})", self.keeper.path().display())
    }
}
