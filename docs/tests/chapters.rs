//! What the chapters show is what there is: files, protos, commands, variables and links.

use std::fs;
use std::path::{Path, PathBuf};

use guide::chapter::{Block, Piece, pieces};
use micro_runtime::driver::Drivers;
use micro_runtime::{Environment, Service};

/// The chapters whose commands are run, each by a test of its own.
const RUN: [&str; 5] =
    ["01-first-service.md", "10-curl.md", "11-build-rs.md", "12-protoc.md", "13-buf.md"];

/// The folders that chapters make, each from its blocks in a test of its own.
const PROJECTS: [&str; 4] = ["hello", "shop", "post", "hotel"];

/// A chapter: its path, and its text.
type Chapter = (PathBuf, String);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// All chapters, in order.
fn chapters() -> Vec<Chapter> {
    let paths = fs::read_dir(root().join("docs/guide")).unwrap().map(|entry| entry.unwrap().path());
    let mut chapters: Vec<Chapter> = paths
        .map(|path| (path.clone(), fs::read_to_string(&path).unwrap()))
        .filter(|(path, _)| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    chapters.sort();
    assert!(chapters.len() > 5, "the chapters are not where they were");
    chapters
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let block = |piece| match piece {
        Piece::Code(block) => Some(block),
        Piece::Line(_) => None,
    };
    pieces(text).into_iter().filter_map(block).collect()
}

/// All files with this ending in a folder and in those inside it.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_block_below_a_files_name_is_part_of_that_file() {
    let mut checked = 0;
    for (path, text) in chapters() {
        for block in blocks(&text) {
            let made = |file: &&str| PROJECTS.iter().any(|name| Path::new(file).starts_with(name));
            let Some(file) = block.file.filter(|file| !made(file)) else {
                continue;
            };
            let whole = fs::read_to_string(root().join(file))
                .unwrap_or_else(|error| panic!("{}: {file}: {error}", path.display()));
            assert!(whole.contains(&block.code), "this is not in {file}:\n{}", block.code);
            checked += 1;
        }
    }
    assert!(checked > 3, "the files' blocks were not found");
}

#[test]
fn a_block_of_a_proto_file_is_part_of_one() {
    let protos = ["proto", "examples"].map(|folder| files(&root().join(folder), "proto")).concat();
    let protos: Vec<_> = protos.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for (path, text) in chapters() {
        for Block { code, .. } in
            blocks(&text).iter().filter(|block| block.language == "proto" && block.file.is_none())
        {
            let found = protos.iter().any(|proto| proto.contains(code));
            assert!(found, "{}: this is in no .proto file:\n{code}", path.display());
        }
    }
}

#[test]
fn every_block_is_of_a_kind_that_is_tested() {
    for (path, text) in chapters() {
        for Block { language, file, code } in blocks(&text) {
            let tested = match language {
                "rust" | "proto" | "sh" => true,
                // Output is compared where its command is run.
                "text" => RUN.iter().any(|name| path.ends_with(name)),
                "toml" | "yaml" | "bash" => file.is_some(),
                _ => false,
            };
            assert!(tested, "{}: nothing tests this {language:?}:\n{code}", path.display());
        }
    }
}

#[test]
fn commands_are_those_of_the_first_chapter_with_variables_that_make_sense() {
    let chapters = chapters();
    let first = chapters.iter().find(|(path, _)| path.ends_with("01-first-service.md")).unwrap();
    let known: Vec<_> =
        blocks(&first.1).into_iter().filter(|block| block.language == "sh").collect();
    let is_run = |path: &Path| RUN.iter().any(|name| path.ends_with(name));
    for (path, text) in chapters.iter().filter(|(path, _)| !is_run(path)) {
        for block in blocks(text).iter().filter(|block| block.language == "sh") {
            let (variables, command): (Vec<&str>, Vec<&str>) =
                block.code.split_whitespace().partition(|word| word.starts_with("MICRO_"));
            let command = command.join(" ") + "\n";
            let runs = known.iter().any(|block| block.code == command);
            assert!(runs, "{}: nothing runs {command}", path.display());
            let variables = variables.iter().filter_map(|word| word.split_once('='));
            let environment: Environment =
                variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            let service = Service::builder("x").environment(environment).build();
            assert!(service.is_ok(), "{}: {service:?}", path.display());
        }
    }
}

#[test]
fn the_variables_are_those_of_the_runtime() {
    let chapter = rows("docs/guide/07-configuration.md", "| `MICRO_");
    assert!(chapter.len() > 10, "the variables were not found");
    assert_eq!(chapter, rows("micro-runtime/src/environment.rs", "/// | `MICRO_"));
}

#[test]
fn what_a_handlers_error_decides_is_what_the_runtime_says() {
    for start in ["| `unavailable`, ", "| `invalid_argument`, "] {
        let chapter = rows("docs/guide/04-events.md", start);
        assert_eq!(chapter.len(), 1, "{start}");
        assert_eq!(chapter, rows("micro-runtime/src/broker/retry.rs", &format!("/// {start}")));
    }
}

/// What follows `start` in all lines that begin with it.
fn rows(file: &str, start: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    text.lines().filter_map(|line| line.strip_prefix(start)).map(str::to_owned).collect()
}

#[test]
fn every_back_end_is_in_the_chapter_on_configuration() {
    let chapter = fs::read_to_string(root().join("docs/guide/07-configuration.md")).unwrap();
    let known = [
        Drivers::registries().schemes(),
        Drivers::transports().schemes(),
        Drivers::selectors().schemes(),
        Drivers::brokers().schemes(),
    ];
    for scheme in known.concat().iter().filter(|scheme| **scheme != "roundrobin") {
        assert!(chapter.contains(&format!("\n| `{scheme}")), "the chapter does not list {scheme}");
    }
}

#[test]
fn links_lead_to_files_and_headings_that_exist() {
    let index = root().join("docs/errors.md");
    let text = fs::read_to_string(&index).unwrap();
    for (path, text) in chapters().into_iter().chain([(index, text)]) {
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.contains(' ')) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let folder = path.parent().unwrap();
            let target = if file.is_empty() { path.clone() } else { folder.join(file) };
            assert!(target.exists(), "{}: {link} leads nowhere", path.display());
            let is_there = heading.is_empty() || headings(&target).iter().any(|is| is == heading);
            assert!(is_there, "{}: {link} leads to no heading", path.display());
        }
    }
}

/// The headings of a file as links name them.
fn headings(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap();
    let titles = text.lines().filter(|line| line.starts_with('#'));
    let titles = titles.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    let named = |char: char| char.is_alphanumeric() || char == '-' || char == ' ';
    titles.map(|title| title.replace(|char| !named(char), "").replace(' ', "-")).collect()
}

#[test]
fn the_index_lists_every_chapter_by_its_title() {
    let index = fs::read_to_string(root().join("docs/guide/README.md")).unwrap();
    for (path, text) in chapters().iter().filter(|(path, _)| !path.ends_with("README.md")) {
        let title = text.lines().next().unwrap().trim_start_matches("# ");
        let (number, title) = title.split_once(". ").unwrap();
        let file = path.file_name().unwrap().to_string_lossy();
        let line = format!("{number}. [{title}]({file})");
        assert!(index.contains(&line), "the index lacks {line}");
    }
}
