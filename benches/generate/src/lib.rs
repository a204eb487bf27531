//! What a generator is asked for, and what it says of itself: one process each time, so that its memory is its own.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

use rustix::time::{ClockId, clock_gettime};

/// The arguments of a generator.
#[derive(Debug)]
pub struct Task {
    /// The encoded `FileDescriptorSet`.
    pub descriptors: Vec<u8>,
    /// The folder for what is generated.
    pub out: PathBuf,
    /// Whether messages shall have JSON.
    pub json: Json,
}

/// Whether messages shall have JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Json {
    /// They have protobuf alone.
    Off,
    /// They have both.
    On,
}

impl Json {
    /// As an argument.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "protobuf",
            Self::On => "json",
        }
    }
}

impl Task {
    /// Reads the arguments that [`arguments`](Self::arguments) are.
    pub fn read() -> Self {
        let words: Vec<_> = env::args().skip(1).collect();
        let [descriptors, out, json] = &words[..] else {
            panic!("the arguments are a descriptor set, a folder, and protobuf or json");
        };
        let json = if json == Json::On.word() { Json::On } else { Json::Off };
        let descriptors = fs::read(descriptors).expect("the set was written");
        Self { descriptors, out: out.into(), json }
    }

    /// The arguments for a generator.
    pub fn arguments(descriptors: &Path, out: &Path, json: Json) -> [PathBuf; 3] {
        [descriptors.to_owned(), out.to_owned(), json.word().into()]
    }
}

/// What a generator's process took.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// CPU from its start.
    pub cpu: Duration,
    /// The most memory that it had at once, in KiB.
    pub peak: u64,
}

impl Figures {
    /// Prints what this process took until now.
    pub fn print() {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        let cpu = Duration::try_from(cpu).expect("it does not run backwards").as_nanos();
        let status = fs::read_to_string("/proc/self/status").expect("a Linux with /proc");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.expect("the kernel counts it").trim_end_matches("kB").trim();
        println!("{cpu} {peak}");
    }

    /// Reads what [`print`](Self::print) wrote, the last line of the output.
    pub fn parse(output: &str) -> Option<Self> {
        let (cpu, peak) = output.lines().last()?.split_once(' ')?;
        Some(Self { cpu: Duration::from_nanos(cpu.parse().ok()?), peak: peak.parse().ok()? })
    }
}
