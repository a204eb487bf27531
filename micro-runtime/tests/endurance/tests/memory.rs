//! A process holds after many calls and events what it held before: what is done with is forgotten.
#![cfg(target_os = "linux")]

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use micro_runtime::registry::{LocalRegistry, Registry};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How many calls and events there are before the first look, and between the first and the second.
const TIMES: usize = 100_000;
/// What a process may hold more at the second look, in KiB: 5 bytes for each call and event.
const BOUND: usize = 1_024;
const PATIENCE: Duration = Duration::from_secs(300);

struct Process {
    child: Child,
    stdin: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(role: &str, registry: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_endurance"))
            .arg(role)
            .env("MICRO_REGISTRY", registry)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, stdin, output }
    }

    async fn work(&mut self, times: usize) {
        self.stdin.write_all(format!("{times}\n").as_bytes()).await.unwrap();
        let done = tokio::time::timeout(PATIENCE, self.output.next_line()).await;
        assert_eq!(done.expect("the work ends").unwrap().as_deref(), Some(&*times.to_string()));
    }

    /// The memory that it has in use and that is no file's, in KiB.
    fn holds(&self) -> usize {
        let id = self.child.id().expect("it runs");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

#[tokio::test]
async fn a_server_and_a_publisher_hold_after_many_calls_and_events_what_they_held_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nodes");
    let registry = format!("local://{}", path.display());
    let server = Process::start("server", &registry);
    let registered = Arc::new(LocalRegistry::new(path));
    for service in ["counter", "topic:endurance.tick"] {
        let mut watch = registered.watch(service);
        let there = watch.wait_for(|snapshot| !snapshot.nodes.is_empty());
        tokio::time::timeout(PATIENCE, there).await.expect("the server registers").unwrap();
    }
    let mut publisher = Process::start("publisher", &registry);
    publisher.work(TIMES).await;
    let before = (server.holds(), publisher.holds());
    publisher.work(TIMES).await;
    let after = (server.holds(), publisher.holds());
    println!("the server holds {} KiB and then {} KiB", before.0, after.0);
    println!("the publisher holds {} KiB and then {} KiB", before.1, after.1);
    assert!(after.0 <= before.0 + BOUND, "the server holds more");
    assert!(after.1 <= before.1 + BOUND, "the publisher holds more");
}
