//! All tests: those of cargo, and those that need something installed first.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::{cargo, shown};
use crate::curl;
use crate::peers::{PEERS, Peer};
use crate::{fuzz, real};

/// What ran, added up over everything that was run.
#[derive(Debug, Default)]
struct Tally {
    passed: u32,
    failed: u32,
    skipped: Vec<String>,
    broken: Vec<String>,
}

/// Runs all tests; the last line counts what ran and what was skipped.
pub(crate) fn run(_: &[String]) -> Result<(), String> {
    let mut tally = Tally::default();
    tally.add(cargo().args(["test", "--workspace", "--all-features", "--no-fail-fast"]))?;
    for peer in &PEERS {
        match (peer.install)() {
            Ok(path) => tally.add_peer(peer, &path)?,
            Err(why) => println!("{} cannot be installed: {why}", peer.name),
        }
    }
    tally.add_curl()?;
    tally.add_real();
    tally.add_task("fuzz", fuzz::run(&[]));
    tally.report()
}

impl Tally {
    /// Asks the example's server with curl, if there is one.
    fn add_curl(&mut self) -> Result<(), String> {
        if let Some(reason) = curl::missing() {
            self.skipped.push(format!("cargo xtask curl: {reason}"));
            return Ok(());
        }
        let (right, wrong) = curl::ask()?;
        self.passed += right;
        self.failed += wrong;
        Ok(())
    }

    /// Generates and compiles the smallest set of real `.proto` files, if it is to be had.
    fn add_real(&mut self) {
        match real::sample() {
            Err(reason) => self.skipped.push(format!("cargo xtask real: {reason}")),
            Ok(done) => self.add_task("real", done),
        }
    }

    /// Counts a task of this program as one test.
    fn add_task(&mut self, name: &str, done: Result<(), String>) {
        match done {
            Ok(()) => self.passed += 1,
            Err(wrong) => {
                println!("cargo xtask {name}: {wrong}");
                self.failed += 1;
            }
        }
    }

    /// Runs a test command, shows what it prints, and counts its results.
    fn add(&mut self, command: &mut Command) -> Result<(), String> {
        println!("$ {}", shown(command));
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", shown(command)))?;
        let lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        for line in lines.map_while(Result::ok) {
            println!("{line}");
            self.read(&line);
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        if !status.success() {
            self.broken.push(format!("{}: {status}", shown(command)));
        }
        Ok(())
    }

    /// Runs the tests that need a peer: they are skipped no more.
    fn add_peer(&mut self, peer: &Peer, path: &Path) -> Result<(), String> {
        let needs = format!("needs {}:", peer.name);
        self.skipped.retain(|reason| !reason.contains(&needs));
        for [package, target, names] in peer.tests {
            let before = self.passed + self.failed;
            self.add(
                cargo()
                    .args(["test", "--package", package, "--test", target])
                    .args(["--", "--ignored", names])
                    .env(peer.variable, path),
            )?;
            if self.passed + self.failed == before {
                self.broken.push(format!("no test of {} ran in {package}", peer.name));
            }
        }
        Ok(())
    }

    /// Reads a line of cargo test's output.
    fn read(&mut self, line: &str) {
        if let Some((name, reason)) = line.split_once(" ... ignored") {
            let name = name.trim_start_matches("test ");
            self.skipped.push(format!("{name}{}", reason.replacen(", ", ": ", 1)));
        }
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let count = |what: &str| {
            let words: Vec<_> = result.split([' ', ';', '.']).collect();
            let at = words.iter().position(|word| *word == what)?;
            words.get(at.checked_sub(1)?)?.parse::<u32>().ok()
        };
        self.passed += count("passed").unwrap_or(0);
        self.failed += count("failed").unwrap_or(0);
    }

    fn report(&self) -> Result<(), String> {
        println!();
        for reason in &self.skipped {
            println!("skipped: {reason}");
        }
        for broken in &self.broken {
            println!("broken: {broken}");
        }
        let skipped = self.skipped.len();
        println!("total: {} passed, {} failed, {skipped} skipped", self.passed, self.failed);
        let ok = self.failed == 0 && self.broken.is_empty() && self.passed > 0;
        if ok { Ok(()) } else { Err("not all tests passed".to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up_and_skips_named_with_their_reason() {
        let mut tally = Tally::default();
        tally.read("test result: ok. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out");
        tally.read("test a_b ... ignored, needs grpcio");
        tally.read("test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!((tally.passed, tally.failed), (7, 1));
        assert_eq!(tally.skipped, ["a_b: needs grpcio"]);
    }
}
