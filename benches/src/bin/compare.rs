//! Every cell on every peer, in turn, several times over: the table that is quoted.
//!
//! `compare [ROUNDS] [MILLIS]`: 5 rounds of 1,000 ms by default. Peers alternate within a round, and change
//! order from round to round; each figure is the median of its rounds, each ratio the median of the ratios.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use benches::measure::{Figures, cpu};
use benches::{Peer, READY};

/// A cell: how the sides are placed, bytes each way, calls in flight.
#[derive(Clone, Copy, Debug)]
struct Cell {
    processes: usize,
    payload: usize,
    in_flight: usize,
}

/// What one run of a cell showed.
#[derive(Clone, Copy, Debug)]
struct Run {
    figures: Figures,
    cpu_a_call: f64,
}

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let rounds = numbers.first().copied().unwrap_or(5);
    let millis = numbers.get(1).copied().unwrap_or(1_000);
    println!("unary echo, one connection; {rounds} rounds of {millis} ms; CPU a call is that of both sides\n");
    println!("| sides | bytes | in flight | peer | calls/s | p50 µs | p99 µs | CPU µs a call | micro : tonic, CPU (min – max) | calls/s |");
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for processes in [2, 1] {
        for payload in [64, 1024] {
            for in_flight in [1, 64] {
                compare(Cell { processes, payload, in_flight }, rounds, millis);
            }
        }
    }
}

fn compare(cell: Cell, rounds: usize, millis: usize) {
    let mut runs: [Vec<Run>; 2] = Default::default();
    for round in 0..rounds {
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for index in order {
            runs[index].push(measure(cell, Peer::ALL[index], millis));
        }
    }
    let ratios = |value: fn(&Run) -> f64| -> Vec<f64> {
        runs[0].iter().zip(&runs[1]).map(|(ours, theirs)| value(ours) / value(theirs)).collect()
    };
    let (cpu, rate) = (ratios(|run| run.cpu_a_call), ratios(rate));
    for (index, peer) in Peer::ALL.iter().enumerate() {
        let figure = |value: fn(&Run) -> f64| median(runs[index].iter().map(value).collect());
        let ratio = if index > 0 {
            "| |".to_owned()
        } else {
            let least = cpu.iter().copied().fold(f64::INFINITY, f64::min);
            let most = cpu.iter().copied().fold(0.0, f64::max);
            format!("| {:.2} ({least:.2} – {most:.2}) | {:.2} |", median(cpu.clone()), median(rate.clone()))
        };
        println!(
            "| {} | {} | {} | {} | {:.0} | {:.1} | {:.1} | {:.2} {ratio}",
            if cell.processes == 2 { "two processes" } else { "one thread" },
            cell.payload,
            cell.in_flight,
            peer.name(),
            figure(self::rate),
            figure(|run| run.figures.p50.as_secs_f64() * 1e6),
            figure(|run| run.figures.p99.as_secs_f64() * 1e6),
            figure(|run| run.cpu_a_call * 1e6),
        );
    }
}

fn rate(run: &Run) -> f64 {
    run.figures.calls as f64 / run.figures.elapsed.as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

fn measure(cell: Cell, peer: Peer, millis: usize) -> Run {
    let words = [cell.payload, cell.in_flight, millis].map(|number| number.to_string());
    if cell.processes == 1 {
        let (figures, cpu) = finish(start(&[&["both", peer.name()], &strings(&words)[..]].concat()));
        return Run { figures, cpu_a_call: per_call(cpu, &figures) };
    }
    let mut server = start(&["server", peer.name()]);
    let address = first_line(&mut server);
    let address = address.strip_prefix(READY).expect("a server says its address");
    let before = cpu(server.id());
    let (figures, client) = finish(start(&[&["client", peer.name(), address], &strings(&words)[..]].concat()));
    let spent = client + cpu(server.id()) - before;
    drop(server.stdin.take());
    server.wait().expect("a server ends");
    Run { figures, cpu_a_call: per_call(spent, &figures) }
}

/// The warm-up's calls took CPU too: a tenth of the time, so about a tenth of the calls.
fn per_call(cpu: Duration, figures: &Figures) -> f64 {
    cpu.as_secs_f64() / (figures.calls as f64 * 1.1)
}

fn strings(words: &[String; 3]) -> [&str; 3] {
    words.each_ref().map(String::as_str)
}

fn start(arguments: &[&str]) -> Child {
    let echo = std::env::current_exe().expect("this program").with_file_name("echo");
    let mut command = Command::new(echo);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().expect("echo is built beside this program: cargo build --release --bins")
}

fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    let output = child.stdout.as_mut().expect("its output is piped");
    BufReader::new(output).read_line(&mut line).expect("a line");
    line.trim_end().to_owned()
}

/// A client's figures, and the CPU that its process used up to where it said them.
fn finish(mut child: Child) -> (Figures, Duration) {
    let line = first_line(&mut child);
    let spent = cpu(child.id());
    child.wait().expect("a client ends");
    (Figures::parse(&line).expect("figures"), spent)
}
