//! Generators beside each other: how long, how much memory, how many lines.
//!
//! `generate [PROTOS]… [ROUNDS]`: 9 rounds by default, of sets of 1, 100 and 1,000 methods, and of the `.proto` files in
//! the folders that are named. Peers take turns within a round and change order from round to round; each figure is the
//! median of its rounds, each ratio the median of the rounds' ratios.

mod proto;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use generate::{Figures, Json, Task};

/// Ours and theirs, by program.
const PEERS: [&str; 2] = ["generate-micro", "generate-peers"];

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let rounds = arguments.iter().find_map(|word| word.parse().ok()).unwrap_or(9);
    println!("medians of {rounds} rounds; a ratio is the peer's figure to ours\n");
    println!(
        "| set | JSON | peer | CPU ms | wall ms | peak MiB | lines | lines an rpc | peer : micro, CPU (min – max) | wall | peak |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let sets = [1, 100, 1_000].map(|rpcs| proto::synthetic(folder.path(), rpcs));
    let named = arguments.iter().filter(|word| word.parse::<usize>().is_err());
    let named = named.map(|protos| proto::shipped(folder.path(), Path::new(protos)));
    for set in sets.into_iter().chain(named) {
        for json in [Json::Off, Json::On] {
            row(folder.path(), &set, json, rounds);
        }
    }
}

/// What one run of a generator took.
struct Run {
    cpu: f64,
    wall: f64,
    peak: f64,
}

fn row(folder: &Path, set: &Path, json: Json, rounds: usize) {
    let outs = PEERS.map(|peer| folder.join(peer));
    let mut runs = [Vec::new(), Vec::new()];
    // The first round warms up.
    for round in 0..=rounds {
        for turn in 0..2 {
            let peer = (round + turn) % 2;
            let taken = run(PEERS[peer], set, &outs[peer], json);
            runs[peer].extend((round > 0).then_some(taken));
        }
    }
    let name = set.file_stem().unwrap_or_default().to_string_lossy();
    let json = if json == Json::On { "on" } else { "off" };
    let rpcs = rpcs(&outs[0]);
    let [ours, theirs] = &runs;
    println!("| {name} | {json} | micro |{} | | |", figures(ours, &outs[0], rpcs));
    println!(
        "| {name} | {json} | {} |{} {} | {} | {} |",
        if json == "on" { "tonic, pbjson" } else { "tonic" },
        figures(theirs, &outs[1], rpcs),
        ratio(ours, theirs, |run| run.cpu),
        ratio(ours, theirs, |run| run.wall),
        ratio(ours, theirs, |run| run.peak),
    );
}

/// Has a generator do its work, in a process and for a folder of its own.
fn run(peer: &str, set: &Path, out: &Path, json: Json) -> Run {
    let _ = fs::remove_dir_all(out);
    fs::create_dir(out).expect("the folder is gone");
    let program = env::current_exe().expect("it runs").with_file_name(peer);
    let started = Instant::now();
    let output = Command::new(program).args(Task::arguments(set, out, json)).output();
    let wall = started.elapsed();
    let output = output.expect("xtask builds all of them");
    assert!(output.status.success(), "{peer}: {}", String::from_utf8_lossy(&output.stderr));
    let figures = Figures::parse(&String::from_utf8_lossy(&output.stdout)).expect("it prints them");
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    Run { cpu: millis(figures.cpu), wall: millis(wall), peak: figures.peak as f64 / 1024.0 }
}

fn figures(runs: &[Run], out: &Path, rpcs: usize) -> String {
    let of = |figure: fn(&Run) -> f64| median(runs.iter().map(figure).collect());
    let (cpu, wall, peak) = (of(|run| run.cpu), of(|run| run.wall), of(|run| run.peak));
    let lines = texts(out).iter().map(|text| text.lines().count()).sum::<usize>();
    let share = lines as f64 / rpcs as f64;
    format!(" {cpu:.2} | {wall:.2} | {peak:.1} | {lines} | {share:.1} |")
}

fn ratio(ours: &[Run], theirs: &[Run], figure: fn(&Run) -> f64) -> String {
    let pairs = ours.iter().zip(theirs);
    let ratios: Vec<_> = pairs.map(|(ours, theirs)| figure(theirs) / figure(ours)).collect();
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    format!("{:.2} ({least:.2} – {most:.2})", median(ratios))
}

/// Counted in what was generated.
fn rpcs(out: &Path) -> usize {
    texts(out).iter().map(|text| text.matches(" m::MethodDesc::new(").count()).sum()
}

fn texts(out: &Path) -> Vec<String> {
    let entries = fs::read_dir(out).expect("the folder exists");
    let read = |entry: fs::DirEntry| fs::read_to_string(entry.path()).expect("it is UTF-8");
    entries.map(|entry| read(entry.expect("nobody else writes there"))).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
