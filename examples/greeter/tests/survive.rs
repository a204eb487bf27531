//! Twenty thousand calls over three processes, one of which is killed or told to stop half-way.
#![cfg(unix)]

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use micro_runtime::registry::{LocalRegistry, Registry};
use micro_runtime::{Client, Error, Reach};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;

micro_runtime::include_micro!();

use greeter::v1::{GreeterClient, HelloRequest, SignRequest};

const CALLS: usize = 20_000;
const IN_FLIGHT: usize = 64;
const PATIENCE: Duration = Duration::from_secs(60);

/// Three nodes as processes, and the folder where they are found.
struct Nodes {
    folder: tempfile::TempDir,
    processes: Vec<(String, Child)>,
    greeter: GreeterClient,
}

impl Nodes {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry = Arc::new(LocalRegistry::new(folder.path().join("nodes")));
        let client = Client::builder().registry(registry.clone()).build().unwrap();
        let greeter = GreeterClient::new("greeter", client);
        let mut nodes = Self { folder, processes: Vec::new(), greeter };
        for number in 1..=3 {
            nodes.spawn(&format!("node{number}"));
        }
        let mut watch = registry.watch("greeter");
        let all = watch.wait_for(|snapshot| snapshot.nodes.len() == 3);
        tokio::time::timeout(PATIENCE, all).await.expect("three nodes register").unwrap();
        nodes
    }

    fn spawn(&mut self, id: &str) {
        let registry = format!("local://{}", self.folder.path().join("nodes").display());
        let process = Command::new(env!("CARGO_BIN_EXE_greeter"))
            .arg("server")
            .env("MICRO_REGISTRY", registry)
            .env("MICRO_SERVER_ID", id)
            .env("GREETER_BOOK", self.book())
            .env("GREETER_UNTIL_STDIN_ENDS", "1")
            .stdin(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        self.processes.push((format!("greeter-{id}"), process));
    }

    fn book(&self) -> PathBuf {
        self.folder.path().join("book")
    }

    /// The ids of the lines that were written, in order.
    fn lines(&self) -> Vec<String> {
        let book = std::fs::read_to_string(self.book()).unwrap();
        book.lines().map(str::to_owned).collect()
    }

    /// Sends a node a signal; its id.
    async fn signal(&mut self, signal: &str) -> String {
        let (id, process) = &self.processes[1];
        let process = process.id().unwrap().to_string();
        let status = Command::new("kill").args([signal, &process]).status().await.unwrap();
        assert!(status.success());
        id.clone()
    }
}

#[derive(Clone, Copy)]
enum Method {
    Hello,
    Sign,
}

/// What became of the calls: the ids of those that were answered, and the errors of the others.
#[derive(Default)]
struct Outcomes {
    answered: Vec<String>,
    failed: Vec<Error>,
}

/// Makes all calls; a node gets a signal when half of them are done.
async fn load(nodes: &mut Nodes, method: Method, signal: &str) -> (Outcomes, String) {
    let (told, mut done) = watch::channel(0);
    let (told, next) = (Arc::new(told), Arc::new(AtomicUsize::new(0)));
    let mut tasks = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (told, next, greeter) = (told.clone(), next.clone(), nodes.greeter.clone());
        tasks.spawn(async move {
            let mut outcomes = Outcomes::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= CALLS {
                    return outcomes;
                }
                let id = format!("call {number}");
                match call(&greeter, method, &id).await {
                    Ok(()) => outcomes.answered.push(id),
                    Err(error) => outcomes.failed.push(error),
                }
                told.send_modify(|done| *done += 1);
            }
        });
    }
    done.wait_for(|done| *done >= CALLS / 2).await.unwrap();
    let node = nodes.signal(signal).await;
    let mut all = Outcomes::default();
    for outcomes in tokio::time::timeout(PATIENCE, tasks.join_all()).await.expect("calls end") {
        all.answered.extend(outcomes.answered);
        all.failed.extend(outcomes.failed);
    }
    assert_eq!(all.answered.len() + all.failed.len(), CALLS);
    (all, node)
}

async fn call(greeter: &GreeterClient, method: Method, id: &str) -> Result<(), Error> {
    match method {
        Method::Hello => {
            let request = HelloRequest { name: "Ann".to_owned(), ..HelloRequest::default() };
            greeter.hello(request).await.map(drop)
        }
        Method::Sign => {
            let request = SignRequest { id: id.to_owned(), ..SignRequest::default() };
            greeter.sign(request).await.map(drop)
        }
    }
}

/// Every answered call was done, and none was done twice.
fn assert_done_once(nodes: &Nodes, outcomes: &Outcomes) {
    let lines = nodes.lines();
    let distinct: HashSet<_> = lines.iter().collect();
    assert_eq!(lines.len(), distinct.len(), "a call was done twice");
    assert!(outcomes.answered.iter().all(|id| distinct.contains(id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_marked_call_fails_when_a_node_is_killed() {
    let mut nodes = Nodes::start().await;
    let (outcomes, _) = load(&mut nodes, Method::Hello, "-KILL").await;
    assert!(outcomes.failed.is_empty(), "{:?}", outcomes.failed[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_unmarked_call_is_done_twice_when_a_node_is_killed_and_lost_ones_say_where() {
    let mut nodes = Nodes::start().await;
    let (outcomes, killed) = load(&mut nodes, Method::Sign, "-KILL").await;
    assert_done_once(&nodes, &outcomes);
    // Only calls that were with the killed node at that moment can be lost.
    assert!(outcomes.failed.len() <= IN_FLIGHT, "{} calls failed", outcomes.failed.len());
    for error in &outcomes.failed {
        assert_eq!(error.reach(), Reach::Lost, "{error}");
        assert_eq!(error.fact("node"), Some(killed.as_str()), "{error}");
        assert!(error.message().contains("connection was lost"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_when_a_node_is_told_to_stop() {
    for method in [Method::Hello, Method::Sign] {
        let mut nodes = Nodes::start().await;
        let (outcomes, _) = load(&mut nodes, method, "-TERM").await;
        assert!(outcomes.failed.is_empty(), "{:?}", outcomes.failed[0]);
        let status = tokio::time::timeout(PATIENCE, nodes.processes[1].1.wait()).await;
        assert!(status.expect("the node stops").unwrap().success());
        if matches!(method, Method::Sign) {
            assert_done_once(&nodes, &outcomes);
        }
    }
}
