//! The corpus: `.proto` files that are legal and hard, each with what becomes of it.
//!
//! `tests/corpus/outcomes.txt` says what that is: the case compiles, or what is said of it.
//! `UPDATE_GOLDEN=1` writes it anew, and fails. `cargo xtask corpus` runs all of this and prints the table.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::parity::{one_answer, same_bytes};
use crate::support::{Case, Files, cases};
use library::Library;

mod large;
mod library;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// Every case, those that are made here too.
fn all() -> Vec<Case> {
    let mut all = cases(&folder().join("cases"));
    all.extend(cases(&large::make()));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// What becomes of a case: files, or what is said of it. Where several runs share a folder, there is one a directory.
fn outcome(case: &Case) -> Result<Files, String> {
    if !case.name.starts_with("buf_") {
        return case.plugin();
    }
    let mut directories = BTreeMap::<_, Vec<_>>::new();
    for proto in &case.protos {
        directories.entry(Path::new(proto).parent()).or_default().push(proto.clone());
    }
    let mut files = Files::new();
    for protos in directories.values() {
        for (name, text) in case.plugin_on(protos)? {
            assert_eq!(
                files.insert(name.clone(), text),
                None,
                "{}: {name} is written twice",
                case.name
            );
        }
    }
    // A run that does not know of another's descriptors has copies of them.
    let code = |files: &Files| {
        let until = |text: &String| text.split("pub mod __micro_files").next().unwrap().to_owned();
        files.iter().map(|(name, text)| (name.clone(), until(text))).collect::<Files>()
    };
    assert!(code(&files) == code(&case.plugin()?), "{}: one run writes something else", case.name);
    files.insert("mod.rs".to_owned(), tree(&files));
    Ok(files)
}

/// What the program prints for a folder with these files.
fn tree(files: &Files) -> String {
    let folder = tempfile::tempdir().unwrap();
    library::write(folder.path(), files);
    let mut program = Command::new(env!("CARGO_BIN_EXE_protoc-gen-micro-rs"));
    let output = program.arg("--tree").arg(folder.path()).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// Does something with every case, on as many threads as there are processors.
fn each(cases: &[Case], work: impl Fn(&Case) + Sync) {
    let next = Mutex::new(cases.iter());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(case) = next.lock().unwrap().next() else { return };
                    work(case);
                }
            });
        }
    });
}

fn outcomes(cases: &[Case]) -> BTreeMap<String, Result<Files, String>> {
    let outcomes = Mutex::new(BTreeMap::new());
    each(cases, |case| {
        let outcome = outcome(case);
        outcomes.lock().unwrap().insert(case.name.clone(), outcome);
    });
    outcomes.into_inner().unwrap()
}

/// The table, a case a line, with what is said on lines below it.
fn table(outcomes: &BTreeMap<String, Result<Files, String>>) -> String {
    let mut table = String::new();
    for (name, outcome) in outcomes {
        let _ = match outcome {
            Ok(_) => writeln!(table, "{name}: compiles"),
            Err(text) => writeln!(table, "{name}: refused\n    {}", text.replace('\n', "\n    ")),
        };
    }
    table
}

#[test]
fn every_case_ends_as_expected() {
    let table = table(&outcomes(&all()));
    let expected = folder().join("outcomes.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&expected, &table).unwrap();
        panic!("updated");
    }
    let wanted = fs::read_to_string(&expected).unwrap();
    let differ = table.lines().filter(|line| !wanted.lines().any(|wanted| wanted == *line));
    let differ: Vec<_> = differ.collect();
    assert!(table == wanted, "these are new:\n{}\nUPDATE_GOLDEN=1 accepts them", differ.join("\n"));
}

#[test]
fn both_front_ends_agree_on_every_case() {
    let is_buildable = |case: &Case| !case.is_partial() && !case.options.contains("cleint");
    let cases: Vec<_> = all().into_iter().filter(is_buildable).collect();
    each(&cases, same_bytes);
}

#[test]
fn every_case_has_one_answer() {
    each(&cases(&folder().join("cases")), |case| one_answer(case, 20));
}

#[test]
fn every_option_changes_the_output() {
    let code = |files: Files| -> String {
        let lines = files.iter().map(|(name, text)| format!("{name}\n{text}"));
        let lines = lines.collect::<String>();
        lines.lines().filter(|line| !line.starts_with("// option: ")).collect()
    };
    let with_options = all().into_iter().filter(|case| case.name.starts_with("option_"));
    for case in with_options {
        let Ok(with) = case.plugin() else { continue };
        let without = Case { options: String::new(), ..case.clone() };
        // An option may be what makes it possible at all.
        let Ok(without) = without.plugin() else { continue };
        let is_changed = code(with) != code(without);
        assert!(is_changed || case.name == "option_exclude_from", "{}", case.name);
    }
}

#[test]
#[ignore = "takes minutes: cargo xtask corpus"]
fn every_case_compiles_as_a_library_in_every_edition() {
    let (kept, large) =
        (outcomes(&cases(&folder().join("cases"))), outcomes(&cases(&large::make())));
    print!("{}{}", table(&kept), table(&large));
    let (compiling, large) = (compiling(&kept), compiling(&large));
    println!(
        "{} cases, of which {} compile",
        kept.len() + large.len(),
        compiling.len() + large.len()
    );
    each(&cases(&large::make()), |case| one_answer(case, 20));
    for edition in ["2018", "2021", "2024"] {
        let library = Library::new("corpus", edition, &compiling);
        library.cargo(&["check"]);
        library.cargo(&["check", "--no-default-features"]);
        library.cargo(&["doc", "--no-deps"]);
        library.cargo(&["test", "--doc"]);
    }
    Library::new("large", "2024", &large).cargo(&["build"]);
}

fn compiling(outcomes: &BTreeMap<String, Result<Files, String>>) -> BTreeMap<&str, &Files> {
    let compiling =
        outcomes.iter().filter_map(|(name, outcome)| Some((&**name, outcome.as_ref().ok()?)));
    compiling.collect()
}
