//! Events, from where they are published to where they are handled: the second table that is quoted.
//!
//! `publish [ROUNDS] [MILLIS]`: 5 rounds of 1,000 ms by default; each figure is the median of its rounds.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use benches::measure::{Figures, cpu};
use benches::{READY, events};
use micro_runtime::registry::{LocalRegistry, Registry};
use micro_runtime::{Client, Result};

const IN_FLIGHT: usize = 64;

/// A row of the table.
#[derive(Clone, Copy)]
struct Cell {
    name: &'static str,
    subscribers: usize,
    bytes: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["subscriber"] => deployed(subscriber()),
        ["publisher", bytes, millis] => deployed(publisher(number(bytes), number(millis))),
        [name @ ("memory" | "channel"), subscribers, bytes, millis] => {
            single(in_memory(name, number(subscribers), number(bytes), number(millis)));
        }
        _ => table(&words),
    }
}

fn table(words: &[&str]) {
    let rounds = words.first().map_or(5, |word| number(word));
    let millis = words.get(1).map_or(1_000, |word| number(word));
    println!("events, {IN_FLIGHT} waiting to be accepted at once; {rounds} rounds of {millis} ms; CPU is that of all sides\n");
    println!("| way | bytes | subscribers | events/s | deliveries/s | p50 µs | p99 µs | CPU µs an event | CPU µs a delivery |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for bytes in [64, 1024] {
        for subscribers in [1, 64] {
            for name in ["memory", "channel"] {
                row(Cell { name, subscribers, bytes }, rounds, millis);
            }
        }
        row(Cell { name: "http", subscribers: 1, bytes }, rounds, millis);
    }
}

fn row(cell: Cell, rounds: usize, millis: usize) {
    let runs: Vec<_> = (0..rounds).map(|_| measure(cell, millis)).collect();
    let figure = |value: &dyn Fn(&(Figures, f64)) -> f64| median(runs.iter().map(value).collect());
    let rate = figure(&|(figures, _)| figures.calls as f64 / figures.elapsed.as_secs_f64());
    let micros = |latency: f64| if latency > 0.0 { format!("{latency:.1}") } else { String::new() };
    let (subscribers, cpu) = (cell.subscribers as f64, figure(&|(_, cpu)| *cpu));
    println!(
        "| {} | {} | {} | {rate:.0} | {:.0} | {} | {} | {cpu:.2} | {:.2} |",
        match cell.name {
            "memory" => "memory, one thread",
            "channel" => "tokio's broadcast, one thread",
            _ => "http, two processes",
        },
        cell.bytes,
        cell.subscribers,
        rate * subscribers,
        micros(figure(&|(figures, _)| figures.p50.as_secs_f64() * 1e6)),
        micros(figure(&|(figures, _)| figures.p99.as_secs_f64() * 1e6)),
        cpu / subscribers,
    );
}

/// What one run showed, and the CPU µs that an event took.
fn measure(cell: Cell, millis: usize) -> (Figures, f64) {
    let folder = std::env::temp_dir().join(format!("micro-bench-{}", std::process::id()));
    let [subscribers, bytes, millis] = [cell.subscribers, cell.bytes, millis].map(|number| number.to_string());
    let (figures, spent) = if cell.name == "http" {
        let mut subscriber = start(&["subscriber"], &folder);
        assert_eq!(first_line(&mut subscriber), READY.trim());
        let before = cpu(subscriber.id());
        let (figures, spent) = finish(start(&["publisher", &bytes, &millis], &folder));
        let spent = spent + cpu(subscriber.id()) - before;
        drop(subscriber.stdin.take());
        subscriber.wait().expect("a subscriber ends");
        (figures, spent)
    } else {
        finish(start(&[cell.name, &subscribers, &bytes, &millis], &folder))
    };
    // There may be none, which is fine.
    let _ = std::fs::remove_dir_all(folder);
    (figures, spent.as_secs_f64() * 1e6 / figures.calls as f64)
}

fn start(arguments: &[&str], folder: &std::path::Path) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(arguments).env("MICRO_REGISTRY", format!("local://{}", folder.display()));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("this program again")
}

fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    let output = child.stdout.as_mut().expect("its output is piped");
    BufReader::new(output).read_line(&mut line).expect("a line");
    line.trim_end().to_owned()
}

fn finish(mut child: Child) -> (Figures, Duration) {
    let line = first_line(&mut child);
    let spent = cpu(child.id());
    child.wait().expect("a publisher ends");
    (Figures::parse(&line).expect("figures"), spent)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

/// The runtime that `#[tokio::main]` makes: what people deploy.
fn deployed(work: impl Future<Output = Result<()>>) {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(work).expect("it works");
}

fn single(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work);
}

async fn subscriber() -> Result<()> {
    let client = Client::builder().build()?;
    let consumer = events::subscribe(&client, "group", &Arc::new(AtomicU64::new(0))).await;
    println!("{}", READY.trim());
    let _ = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await;
    consumer.stop().await;
    Ok(())
}

async fn publisher(bytes: usize, millis: usize) -> Result<()> {
    let url = std::env::var("MICRO_REGISTRY").expect("where the subscriber is");
    let registry = Arc::new(LocalRegistry::new(url.trim_start_matches("local://")));
    let mut watch = registry.watch("topic:bench.event");
    let there = watch.wait_for(|snapshot| !snapshot.nodes.is_empty());
    let _ = tokio::time::timeout(Duration::from_secs(10), there).await.expect("a subscriber");
    let client = Client::builder().registry(registry).build()?;
    report(events::publish(&client, bytes, IN_FLIGHT, Duration::from_millis(millis as u64)).await);
    Ok(())
}

async fn in_memory(name: &str, subscribers: usize, bytes: usize, millis: usize) {
    let time = Duration::from_millis(millis as u64);
    report(match name {
        "memory" => events::memory(subscribers, bytes, IN_FLIGHT, time).await,
        _ => events::channel(subscribers, bytes, time).await,
    });
}

fn report(figures: Figures) {
    println!("{}", figures.line());
    // Whoever started this reads how much CPU it used before it ends.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
