//! File names for nodes whose service and id may hold any character.
//!
//! A node's files are called `<service>~<id>~<number>` and an ending. No two announcements share a number,
//! so what a file says never changes, and the files of a dead process can be removed without a race
//! against a new one that takes the same id. Later announcements have names that sort later.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

pub(super) const NODE: &str = ".json";
pub(super) const LOCK: &str = ".lock";
pub(super) const UNFINISHED: &str = ".tmp";

/// How names of this service's nodes begin.
pub(super) fn service_prefix(service: &str) -> String {
    format!("{}~", escaped(service))
}

/// How names of this node's announcements begin.
pub(super) fn node_prefix(service: &str, id: &str) -> String {
    format!("{}~{}~", escaped(service), escaped(id))
}

/// A name that no announcement of the node had, without an ending.
pub(super) fn fresh(service: &str, id: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (time, process) = (since_1970.as_nanos(), std::process::id());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{}{time:020x}-{process:08x}-{count:08x}", node_prefix(service, id))
}

/// Letters, digits, `-`, `_` and `.` stay, other bytes become `%XX`; a long name ends in a hash instead.
fn escaped(name: &str) -> String {
    const LONGEST: usize = 80;
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string takes any text");
        }
    }
    if out.len() > LONGEST {
        out.truncate(LONGEST - 18);
        write!(out, "%%{:016x}", hash(name)).expect("a string takes any text");
    }
    out
}

/// FNV-1a with 64 bits: the same in every process and release.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_character_and_length_become_distinct_file_names() {
        let long = "x".repeat(500);
        let longer = "x".repeat(501);
        let names = ["", ".", "..", "a/b", "a~b", "a%2Fb", "A", "grüß", "a\0b", &long, &longer];
        let files: std::collections::BTreeSet<_> = names.iter().map(|name| escaped(name)).collect();
        assert_eq!(files.len(), names.len());
        for file in files {
            assert!(file.len() <= 80 && !file.contains(['/', '~', '\0', '\\', ':']), "{file}");
        }
    }

    #[test]
    fn later_announcements_sort_later() {
        let (first, second) = (fresh("a", "b"), fresh("a", "b"));
        assert!(first < second, "{first} {second}");
    }
}
