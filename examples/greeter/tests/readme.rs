//! The README shows code that exists: each block is part of the file that is named above it.

use std::path::Path;

#[test]
fn every_block_of_code_in_the_readme_is_part_of_the_file_it_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let mut checked = 0;
    for (above, block) in blocks(&readme) {
        let name =
            above.split('`').nth(1).unwrap_or_else(|| panic!("no file is named by {above:?}"));
        let file = std::fs::read_to_string(root.join(name)).unwrap();
        assert!(file.contains(&block), "this is not in {name}:\n{block}");
        checked += 1;
    }
    assert_eq!(checked, 4);
}

/// Blocks of Rust and protobuf, each with the line of text above it.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut above, mut lines) = (String::new(), text.lines());
    while let Some(line) = lines.next() {
        if matches!(line, "```rust" | "```proto") {
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push((above.clone(), block.join("\n")));
        } else if !line.is_empty() {
            above = line.to_owned();
        }
    }
    found
}
