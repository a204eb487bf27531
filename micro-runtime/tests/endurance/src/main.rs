//! A process that answers calls and handles events, and one that calls and publishes, for the tests of this crate.
//!
//! `endurance server` runs until its standard input ends. `endurance publisher` reads a number from each line of it,
//! makes as many calls and publishes as many events, and prints the line when all are answered and handled.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use micro_runtime::{Client, Context, Error, Result, Service, Subscriber};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

micro_runtime::include_micro!();

use endurance::v1::{CounterClient, CounterHandler, CounterServer, Tick};

/// How many calls, or events, are under way at once.
const AT_ONCE: usize = 64;

#[tokio::main]
async fn main() -> Result<()> {
    let lines = lines();
    match std::env::args().nth(1).as_deref() {
        Some("server") => serve(lines).await,
        Some("publisher") => publish(lines).await,
        _ => Err(Error::invalid_argument("say what to be: server or publisher")),
    }
}

/// What comes through the standard input. A thread reads it: it may block for ever.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin()
            .lock()
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line));
    });
    lines
}

struct Counter;

impl CounterHandler for Counter {
    async fn count(&self, _: Context, tick: Tick) -> Result<Tick> {
        Ok(tick)
    }
}

async fn serve(mut lines: mpsc::UnboundedReceiver<String>) -> Result<()> {
    let subscriber = Subscriber::new(|_, _: Tick| async {
        tokio::task::yield_now().await;
        Ok(())
    });
    let service = Service::builder("counter").handle(CounterServer::new(Counter));
    let service = service.subscribe(subscriber.group("counters")).build()?;
    service.run_until(async move { while lines.recv().await.is_some() {} }).await
}

async fn publish(mut lines: mpsc::UnboundedReceiver<String>) -> Result<()> {
    let work = Arc::new(Work { client: Client::builder().build()?, next: AtomicU64::new(0) });
    while let Some(line) = lines.recv().await {
        let times =
            line.parse::<u64>().map_err(|_| Error::invalid_argument("a line is a number"))?;
        let mut tasks = JoinSet::new();
        let until = work.next.load(Ordering::Relaxed) + times;
        for _ in 0..AT_ONCE {
            tasks.spawn(Arc::clone(&work).until(until));
        }
        tasks.join_all().await.into_iter().collect::<Result<()>>()?;
        work.next.store(until, Ordering::Relaxed);
        work.client.broker().flush().await;
        println!("{line}");
    }
    Ok(())
}

struct Work {
    client: Client,
    next: AtomicU64,
}

impl Work {
    async fn until(self: Arc<Self>, end: u64) -> Result<()> {
        let counter = CounterClient::new("counter", self.client.clone());
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= end {
                return Ok(());
            }
            let tick = Tick { number, text: "x".repeat(100) };
            counter.count(tick.clone()).await?;
            let event = self.client.publish(tick);
            // A key that never comes again, one that often does, and none.
            match number % 3 {
                0 => event.key(format!("key {number}")).await?,
                1 => event.key(format!("key {}", number % 100)).await?,
                _ => event.await?,
            }
        }
    }
}
