//! One cell: calls for some time, their latencies, and the CPU that they took.

use std::fs;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::{Peer, micro, tonic};

/// What a client measured of itself.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Calls that were answered.
    pub calls: u64,
    /// The time that they took together.
    pub elapsed: Duration,
    /// Half of the calls were answered within this time.
    pub p50: Duration,
    /// All but one in a hundred were.
    pub p99: Duration,
}

impl Figures {
    /// As one line that [`parse`](Self::parse) reads.
    pub fn line(&self) -> String {
        let nanos = |duration: Duration| duration.as_nanos();
        format!("{} {} {} {}", self.calls, nanos(self.elapsed), nanos(self.p50), nanos(self.p99))
    }

    /// Reads what [`line`](Self::line) wrote.
    pub fn parse(line: &str) -> Option<Self> {
        let mut numbers = line.split(' ').map(|word| word.parse::<u64>().ok());
        let mut next = || numbers.next().flatten();
        let calls = next()?;
        let mut nanos = || next().map(Duration::from_nanos);
        Some(Self { calls, elapsed: nanos()?, p50: nanos()?, p99: nanos()? })
    }
}

/// A caller of either peer.
#[derive(Clone)]
enum Caller {
    Micro(micro::Caller),
    Tonic(tonic::Caller),
}

impl Caller {
    async fn new(peer: Peer, address: &str) -> Self {
        match peer {
            Peer::Micro => Self::Micro(micro::Caller::new(address)),
            Peer::Tonic => Self::Tonic(tonic::Caller::new(address).await),
        }
    }

    async fn call(&self, payload: Vec<u8>) -> usize {
        match self {
            Self::Micro(caller) => caller.call(payload).await,
            Self::Tonic(caller) => caller.call(payload).await,
        }
    }
}

/// Calls a server with `in_flight` calls at once for `time`, after a tenth of it to warm up.
pub async fn call(peer: Peer, address: &str, payload: usize, in_flight: usize, time: Duration) -> Figures {
    let caller = Caller::new(peer, address).await;
    run(&caller, payload, in_flight, time / 10).await;
    run(&caller, payload, in_flight, time).await
}

async fn run(caller: &Caller, payload: usize, in_flight: usize, time: Duration) -> Figures {
    let started = Instant::now();
    let tasks: Vec<_> = (0..in_flight)
        .map(|_| tokio::spawn(repeat(caller.clone(), payload, started + time)))
        .collect();
    let mut all = Histogram::<u64>::new(3).expect("three digits");
    for task in tasks {
        all.add(task.await.expect("no call fails")).expect("the same histogram");
    }
    let quantile = |part| Duration::from_nanos(all.value_at_quantile(part));
    let (p50, p99) = (quantile(0.5), quantile(0.99));
    Figures { calls: all.len(), elapsed: started.elapsed(), p50, p99 }
}

async fn repeat(caller: Caller, payload: usize, until: Instant) -> Histogram<u64> {
    let mut latencies = Histogram::new(3).expect("three digits");
    let message = vec![0x61; payload];
    let mut now = Instant::now();
    while now < until {
        assert_eq!(caller.call(message.clone()).await, payload, "the echo is whole");
        let after = Instant::now();
        let nanos = u64::try_from((after - now).as_nanos()).unwrap_or(u64::MAX);
        latencies.record(nanos).expect("the histogram grows");
        now = after;
    }
    latencies
}

/// The CPU time that a process has used so far, of all its threads, to the nanosecond.
pub fn cpu(process: u32) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).expect("a Linux with /proc");
    let spent = tasks.filter_map(|task| {
        let statistics = fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        statistics.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(spent.sum())
}
