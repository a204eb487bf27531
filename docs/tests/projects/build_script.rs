//! The chapter on `build.rs`: several crates, a ready descriptor set, and code that is checked in.

use std::fs;

use crate::project::Project;

const CHAPTER: &str = include_str!("../../guide/11-build-rs.md");

#[test]
fn build_scripts_do_what_their_chapter_says() {
    let mut project = Project::new("shop", CHAPTER).with_protoc();
    let answered = project.follow(CHAPTER);
    assert_eq!(answered, 1, "the chapter has changed, and this test has not");
    let types = project.folder.join("types");

    let manifest = fs::read_to_string(types.join("Cargo.toml")).unwrap();
    let lacking = manifest.replace("micro-runtime.workspace = true", "");
    fs::write(types.join("Cargo.toml"), lacking).unwrap();
    let said = project.printed("cargo build --package shop-types");
    assert!(said.contains(shown("[dependencies]")), "{said}");

    fs::write(types.join("Cargo.toml"), manifest).unwrap();
    fs::remove_file(types.join("build.rs")).unwrap();
    let said = project.printed("cargo build --package shop-types");
    assert!(said.contains(shown("there is no `build.rs`")), "{said}");
}

/// What the chapter says that one reads, for this reason.
fn shown(reason: &str) -> &'static str {
    let row = CHAPTER.lines().find(|line| line.starts_with("| ``") && line.contains(reason));
    row.and_then(|row| row.split("``").nth(1)).expect("the chapter has the row")
}
