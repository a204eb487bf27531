//! Public `.proto` files as their owners ship them: generated with no edit and no option, and compiled as a crate.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::command::target;

mod fetch;
mod library;
mod sets;

use sets::{SETS, Set};

/// The small set that `cargo xtask test` does.
pub(crate) const SAMPLE: &str = "googleapis-common";

/// Does the sets that are named, or all, and prints a table; an error if one of them is not as it should be.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let known = SETS.map(|set| set.name).join(", ");
    if let Some(unknown) = arguments.iter().find(|name| set(name).is_none()) {
        return Err(format!("there is no set {unknown:?}; there are {known}"));
    }
    let is_wanted = |set: &&Set| arguments.is_empty() || arguments.iter().any(|it| it == set.name);
    let rows: Vec<_> = SETS.iter().filter(is_wanted).map(|set| (set.name, done(set))).collect();
    println!(
        "{:18} {:>6} {:>9} {:>6} {:>8} {:>9}",
        "set", "files", "messages", "rpcs", "seconds", "warnings"
    );
    let mut sum = Counts::default();
    let mut broken = Vec::new();
    for (name, row) in rows {
        match row {
            Ok(row) => {
                println!("{}", row.shown(name));
                sum.add(&row.counts);
                broken.extend((row.warnings > 0).then_some(name));
            }
            Err(error) => {
                println!("{name:18} {error}");
                broken.push(name);
            }
        }
    }
    println!("{:18} {:>6} {:>9} {:>6}", "", sum.files, sum.messages, sum.rpcs);
    if broken.is_empty() { Ok(()) } else { Err(format!("wrong: {}", broken.join(", "))) }
}

/// What became of the sample; `Err` if its packages are not to be had.
pub(crate) fn sample() -> Result<Result<(), String>, String> {
    let set = set(SAMPLE).expect("the sample is one of the sets");
    set.fetch(&folder(set))?;
    Ok(run(&[SAMPLE.to_owned()]))
}

/// The folder with the `.proto` files of a set, fetched if they are not there.
pub(crate) fn protos(name: &str) -> Result<PathBuf, String> {
    let set = set(name).ok_or_else(|| format!("there is no set {name:?}"))?;
    let folder = folder(set);
    set.fetch(&folder)?;
    Ok(folder.join("proto"))
}

fn set(name: &str) -> Option<&'static Set> {
    SETS.iter().find(|set| set.name == name)
}

fn folder(set: &Set) -> PathBuf {
    target().join("real").join(set.name)
}

/// What was made of a set.
struct Row {
    counts: Counts,
    took: Duration,
    warnings: usize,
}

#[derive(Default)]
struct Counts {
    files: usize,
    messages: usize,
    rpcs: usize,
}

impl Row {
    fn shown(&self, name: &str) -> String {
        let Counts { files, messages, rpcs } = self.counts;
        let (seconds, warnings) = (self.took.as_secs_f64(), self.warnings);
        format!("{name:18} {files:>6} {messages:>9} {rpcs:>6} {seconds:>8.1} {warnings:>9}")
    }
}

impl Counts {
    /// Counted in generated code, so that nothing is counted which is not there.
    fn of(text: &str) -> Self {
        let count = |what| text.matches(what).count();
        Self {
            files: count("\n// source: "),
            messages: count("::prost::Message)]"),
            rpcs: count(" m::MethodDesc::new("),
        }
    }

    fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.messages += other.messages;
        self.rpcs += other.rpcs;
    }
}

fn done(set: &Set) -> Result<Row, String> {
    let folder = folder(set);
    set.fetch(&folder)?;
    let generated = folder.join("src");
    empty(&generated)?;
    let proto = folder.join("proto");
    let started = Instant::now();
    micro_build::configure()
        .out_dir(&generated)
        .compile(set.protos.iter().map(|pattern| proto.join(pattern)), [&proto])
        .map_err(|error| error.to_string())?;
    let took = started.elapsed();
    let mut counts = Counts::default();
    for path in files(&generated)? {
        let text = fs::read_to_string(&path).map_err(|error| wrong(&path, &error))?;
        counts.add(&Counts::of(&text));
    }
    let warnings = library::warnings(&folder, set.name)?;
    Ok(Row { counts, took, warnings })
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| wrong(folder, &error))?;
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(|error| wrong(folder, &error)))
        .collect()
}

fn empty(folder: &Path) -> Result<(), String> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|error| wrong(folder, &error))
}

fn wrong(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
