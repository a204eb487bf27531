//! Nodes of the service as processes, in a registry of their own.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use micro_runtime::registry::{LocalRegistry, Registry};
use micro_runtime::{Client, Error};
use tokio::process::{Child, Command};

use super::{Found, Wrong, ensure};
use crate::greeter::v1::GreeterClient;

/// What a node may take to start or to go, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// The nodes, the folder where they find each other, and a client that finds them there.
pub(super) struct Cluster {
    folder: PathBuf,
    registry: Arc<LocalRegistry>,
    client: Client,
    greeter: GreeterClient,
    nodes: Vec<Node>,
    started: usize,
}

/// A node: its process ends when its standard input does, so none outlives this one.
struct Node {
    id: String,
    process: Child,
}

impl Cluster {
    pub(super) fn new() -> Result<Self, Wrong> {
        let folder = std::env::temp_dir().join(format!("greeter-{}", std::process::id()));
        let registry = Arc::new(LocalRegistry::new(folder.join("nodes")));
        let client = Client::builder().registry(registry.clone()).build()?;
        let greeter = GreeterClient::new("greeter", client.clone());
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, registry, client, greeter, nodes: Vec::new(), started: 0 })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn greeter(&self) -> &GreeterClient {
        &self.greeter
    }

    /// The ids of the nodes that run.
    pub(super) fn ids(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.id.clone()).collect()
    }

    /// The file that all nodes write the ids of signed lines into.
    pub(super) fn book(&self) -> PathBuf {
        self.folder.join("book")
    }

    /// Starts nodes and waits until the registry tells of them.
    pub(super) async fn start(&mut self, count: usize) -> Found {
        let began = std::time::Instant::now();
        for _ in 0..count {
            self.started += 1;
            self.nodes.push(self.spawn(&format!("node{}", self.started))?);
        }
        self.wait_for_registry().await?;
        let took = began.elapsed();
        Ok(format!(
            "{} nodes registered and found within {took:.1?}: {}",
            count,
            self.ids().join(", ")
        ))
    }

    fn spawn(&self, id: &str) -> Result<Node, Wrong> {
        let registry = format!("local://{}", self.folder.join("nodes").display());
        let process = Command::new(std::env::current_exe()?)
            .arg("server")
            .env("MICRO_REGISTRY", registry)
            .env("MICRO_SERVER_ID", id)
            .env("GREETER_BOOK", self.book())
            .env("GREETER_UNTIL_STDIN_ENDS", "1")
            .stdin(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Node { id: format!("greeter-{id}"), process })
    }

    /// Waits until the registry tells of the nodes that run, and of no others.
    pub(super) async fn wait_for_registry(&self) -> Result<(), Wrong> {
        let mut wanted = self.ids();
        wanted.sort();
        let mut watch = self.registry.watch("greeter");
        let arrived =
            watch.wait_for(|snapshot| snapshot.nodes.iter().map(|node| &node.id).eq(wanted.iter()));
        if tokio::time::timeout(PATIENCE, arrived).await.is_ok_and(|seen| seen.is_ok()) {
            return Ok(());
        }
        let known: Vec<_> = watch.borrow().nodes.iter().map(|node| node.id.clone()).collect();
        Err(Wrong::new(format!("the registry tells of {known:?}, not of {wanted:?}")))
    }

    /// Kills a node: it gets no chance to say good-bye.
    pub(super) async fn kill(&mut self, index: usize) -> Result<String, Wrong> {
        let mut node = self.nodes.remove(index);
        node.process.kill().await?;
        Ok(node.id)
    }

    /// Where a node listens.
    pub(super) fn address(&self, index: usize) -> Result<String, Wrong> {
        let id = &self.nodes[index].id;
        let snapshot = self.registry.watch("greeter").borrow().clone();
        let node = snapshot.nodes.iter().find(|node| node.id == *id);
        let node = node.ok_or_else(|| Wrong::new(format!("the registry does not tell of {id}")))?;
        Ok(node.address.to_string())
    }

    /// Tells a node to stop.
    pub(super) fn tell_to_stop(&mut self, index: usize) {
        drop(self.nodes[index].process.stdin.take());
    }

    /// Tells a node to stop, and waits until it has.
    pub(super) async fn stop(&mut self, index: usize) -> Result<String, Wrong> {
        let node = self.nodes.remove(index);
        let id = node.id.clone();
        let status = node.stop().await?;
        ensure(status.success(), || format!("{id} ended with {status}"))?;
        Ok(id)
    }

    /// Stops all nodes, and checks that nothing is left of them.
    pub(super) async fn finish(mut self) -> Found {
        let count = self.nodes.len();
        while !self.nodes.is_empty() {
            self.stop(0).await?;
        }
        let left = files(&self.folder.join("nodes"))?;
        ensure(left.is_empty(), || format!("stopped nodes left files behind: {left:?}"))?;
        std::fs::remove_dir_all(&self.folder)?;
        Ok(format!("{count} nodes stopped in order and exited with 0; no process, no file is left"))
    }
}

impl Node {
    async fn stop(mut self) -> Result<ExitStatus, Wrong> {
        drop(self.process.stdin.take());
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await;
        Ok(ended
            .map_err(|_| Wrong::new(format!("{} did not stop within {PATIENCE:?}", self.id)))??)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // After a failed step; nodes that still run are killed as they are dropped.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Wrong> {
    let entries = std::fs::read_dir(folder)?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// An error's fact, or what is wrong with its having none.
pub(super) fn fact<'a>(error: &'a Error, name: &str) -> Result<&'a str, Wrong> {
    error.fact(name).ok_or_else(|| Wrong::new(format!("the error has no fact {name:?}: {error}")))
}
