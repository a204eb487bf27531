//! Runs the mutations for some seconds: `micro-fuzz SECONDS [FIRST]`, from input number FIRST on.
//!
//! `micro-fuzz 0 FIRST` runs that input alone, which is then in `target/fuzz/last.request`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use micro_fuzz::seeds::{self, Case};
use micro_fuzz::{Outcome, check, text, wire};

/// After this long, an answer is none.
const PATIENCE: Duration = Duration::from_secs(60);

/// So many inputs are requests for each that is text, which needs a protoc of its own.
const WIRE: u64 = 20;

/// The number of the input that is being looked at.
static CURRENT: AtomicU64 = AtomicU64::new(0);

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Some(Ok(seconds)), first) = (numbers.next(), numbers.next()) else {
        eprintln!("micro-fuzz SECONDS [FIRST]: how long, and the number of the first input");
        return ExitCode::FAILURE;
    };
    let Ok(first) = first.transpose() else {
        eprintln!("micro-fuzz: the first input has a number");
        return ExitCode::FAILURE;
    };
    // A panic that the generator tells is counted; its text on the terminal would only confuse.
    std::panic::set_hook(Box::new(|_| {}));
    std::thread::spawn(watch);
    let mut run = Run::new();
    let ends = Instant::now() + Duration::from_secs(seconds);
    let mut number = first.unwrap_or(0);
    loop {
        CURRENT.store(number, Ordering::Relaxed);
        run.input(number);
        number += 1;
        if Instant::now() >= ends {
            return run.report();
        }
    }
}

/// Ends the program if one input takes too long.
fn watch() {
    let (mut seen, mut since) = (0, Instant::now());
    loop {
        std::thread::sleep(Duration::from_secs(1));
        let current = CURRENT.load(Ordering::Relaxed);
        if current != seen {
            (seen, since) = (current, Instant::now());
        } else if since.elapsed() > PATIENCE {
            eprintln!("input {current} takes longer than {} s", PATIENCE.as_secs());
            std::process::exit(1);
        }
    }
}

struct Run {
    cases: Vec<Case>,
    requests: Vec<Vec<u8>>,
    /// Where the inputs are that found something, and the one that is being looked at.
    folder: PathBuf,
    counts: BTreeMap<&'static str, u64>,
    broken: Vec<String>,
}

impl Run {
    fn new() -> Self {
        let cases = seeds::cases();
        let requests: Vec<_> = cases.iter().filter_map(Case::request).collect();
        println!("{} cases, {} of them requests", cases.len(), requests.len());
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let folder = target
            .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"))
            .join("fuzz");
        fs::create_dir_all(&folder).expect("the target folder can be written to");
        Self { cases, requests, folder, counts: BTreeMap::new(), broken: Vec::new() }
    }

    fn input(&mut self, number: u64) {
        let mut random = Rng::with_seed(number);
        if number % (WIRE + 1) == WIRE {
            self.text(number, &mut random);
        } else {
            let pick = |random: &mut Rng| random.usize(..self.requests.len());
            let (one, other) = (pick(&mut random), pick(&mut random));
            let request = wire::mutated(&self.requests[one], &self.requests[other], &mut random);
            self.look(number, "request", &request);
        }
    }

    fn text(&mut self, number: u64, random: &mut Rng) {
        let pick = |random: &mut Rng| &self.cases[random.usize(..self.cases.len())];
        let (one, other) = (pick(random), pick(random));
        let folder = tempfile::tempdir().expect("files can be written");
        let changed = random.usize(..one.protos.len());
        for (at, proto) in one.protos.iter().enumerate() {
            let mut text = read(&one.root.join(proto));
            if at == changed {
                let another = &other.protos[random.usize(..other.protos.len())];
                text = text::mutated(&text, &read(&other.root.join(another)), random);
            }
            let path = folder.path().join(proto);
            fs::create_dir_all(path.parent().expect("a case is a folder")).expect("it can be made");
            fs::write(path, text).expect("files can be written");
        }
        let case = Case { root: folder.path().to_owned(), ..one.clone() };
        let Some(request) = case.request() else {
            self.count("texts that protoc refused");
            return;
        };
        self.look(number, "text", &request);
    }

    /// Puts a request to the generator; it stays in a file, should that end the program.
    fn look(&mut self, number: u64, kind: &'static str, request: &[u8]) {
        let keep = |name: String| fs::write(self.folder.join(name), request);
        keep("last.request".to_owned()).expect("files can be written");
        match check(request) {
            Err(broken) => {
                keep(format!("{number}.request")).expect("files can be written");
                self.broken.push(format!("input {number} ({kind}): {broken}"));
            }
            Ok(outcome) => self.count(match (outcome, kind) {
                (Outcome::Refused, _) => "requests that are no protobuf",
                (Outcome::Told, "text") => "texts whose mistakes were told",
                (Outcome::Told, _) => "requests whose mistakes were told",
                (Outcome::Generated, "text") => "texts that code was generated for",
                (Outcome::Generated, _) => "requests that code was generated for",
            }),
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn report(&self) -> ExitCode {
        for (what, count) in &self.counts {
            println!("{count:>8}  {what}");
        }
        for broken in &self.broken {
            println!("broken: {broken}");
        }
        if self.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn read(path: &Path) -> String {
    let bytes = fs::read(path).expect("a case's files can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}
