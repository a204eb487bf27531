//! A load of calls while nodes come and go.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use micro_runtime::Error;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::calls::hello;
use super::cluster::Cluster;
use super::{Found, Wrong, ensure};
use crate::greeter::v1::{GreeterClient, SignRequest};

const IN_FLIGHT: usize = 64;
const CALLS: usize = 6_000;

/// Calls of a load that is on its way.
struct Load {
    tasks: JoinSet<Outcomes>,
    done: watch::Receiver<usize>,
    began: Instant,
}

/// What became of calls.
#[derive(Default)]
struct Outcomes {
    by_node: BTreeMap<String, usize>,
    failed: Vec<Error>,
    signed: Vec<String>,
}

/// Which of the two unary methods to call.
#[derive(Clone, Copy)]
enum Method {
    /// Marked as free of side effects.
    Hello,
    /// Not marked.
    Sign,
}

impl Load {
    fn start(greeter: &GreeterClient, method: Method) -> Self {
        let (told, done) = watch::channel(0);
        let (told, next) = (Arc::new(told), Arc::new(AtomicUsize::new(0)));
        let mut tasks = JoinSet::new();
        for _ in 0..IN_FLIGHT {
            tasks.spawn(work(greeter.clone(), method, Arc::clone(&next), Arc::clone(&told)));
        }
        Self { tasks, done, began: Instant::now() }
    }

    /// Waits until about this many calls are done.
    async fn reached(&mut self, calls: usize) -> Result<(), Wrong> {
        self.done.wait_for(|done| *done >= calls).await?;
        Ok(())
    }

    async fn finish(self) -> Result<(Outcomes, f64), Wrong> {
        let mut all = Outcomes::default();
        for outcomes in self.tasks.join_all().await {
            for (node, count) in outcomes.by_node {
                *all.by_node.entry(node).or_default() += count;
            }
            all.failed.extend(outcomes.failed);
            all.signed.extend(outcomes.signed);
        }
        #[expect(clippy::cast_precision_loss, reason = "a few thousand calls fit")]
        let rate = CALLS as f64 / self.began.elapsed().as_secs_f64();
        Ok((all, rate))
    }
}

async fn work(
    greeter: GreeterClient,
    method: Method,
    next: Arc<AtomicUsize>,
    told: Arc<watch::Sender<usize>>,
) -> Outcomes {
    let mut outcomes = Outcomes::default();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= CALLS {
            return outcomes;
        }
        let id = format!("call {number}");
        let answer = match method {
            Method::Hello => greeter.hello(hello("Ann")).await.map(|reply| reply.node),
            Method::Sign => {
                let request = SignRequest { id: id.clone(), ..SignRequest::default() };
                greeter.sign(request).await.map(|reply| reply.node)
            }
        };
        match answer {
            Ok(node) => {
                *outcomes.by_node.entry(node).or_default() += 1;
                outcomes.signed.push(id);
            }
            Err(error) => outcomes.failed.push(error),
        }
        told.send_modify(|done| *done += 1);
    }
}

/// A node is killed in the middle of a load: no call that is marked fails.
pub(super) async fn kill(cluster: &mut Cluster) -> Found {
    let mut load = Load::start(cluster.greeter(), Method::Hello);
    load.reached(CALLS / 3).await?;
    let killed = cluster.kill(1).await?;
    let (outcomes, rate) = load.finish().await?;
    none_failed(&outcomes)?;
    let others = outcomes.by_node.keys().filter(|node| **node != killed).count();
    ensure(others == 2, || format!("{others} nodes answered beside {killed}"))?;
    Ok(format!(
        "{killed} got SIGKILL; {CALLS} calls marked NO_SIDE_EFFECTS, 0 failed, {rate:.0} calls/s"
    ))
}

/// A node that is started again is found and called.
pub(super) async fn come_back(cluster: &mut Cluster) -> Found {
    cluster.start(1).await?;
    let newest = cluster.ids().pop().unwrap_or_default();
    let (outcomes, _) = Load::start(cluster.greeter(), Method::Hello).finish().await?;
    none_failed(&outcomes)?;
    let calls = outcomes.by_node.get(&newest).copied().unwrap_or_default();
    ensure(calls > CALLS / 6, || format!("{newest} got {calls} of {CALLS} calls"))?;
    Ok(format!("{newest} was found and took {calls} of {CALLS} calls"))
}

/// A node is told to stop in the middle of a load: no call fails at all, and none is done twice.
pub(super) async fn stop(cluster: &mut Cluster) -> Found {
    let mut load = Load::start(cluster.greeter(), Method::Sign);
    load.reached(CALLS / 3).await?;
    let stopped = cluster.stop(0).await?;
    cluster.wait_for_registry().await?;
    let (outcomes, rate) = load.finish().await?;
    none_failed(&outcomes)?;
    let book = std::fs::read_to_string(cluster.book())?;
    let lines: HashSet<_> = book.lines().collect();
    ensure(book.lines().count() == lines.len(), || "a call was done twice".to_owned())?;
    ensure(outcomes.signed.iter().all(|id| lines.contains(id.as_str())), || {
        "a call that was answered is not in the book".to_owned()
    })?;
    Ok(format!(
        "{stopped} was told to stop; {CALLS} unmarked calls, 0 failed, none done twice, {rate:.0} calls/s"
    ))
}

fn none_failed(outcomes: &Outcomes) -> Result<(), Wrong> {
    let failed = outcomes.failed.len();
    match outcomes.failed.first() {
        None => Ok(()),
        Some(error) => {
            Err(Wrong::new(format!("{failed} of {CALLS} calls failed, such as: {error}")))
        }
    }
}
