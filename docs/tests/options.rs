//! The table of options is that of the generator's documentation, and what it shows for `build.rs` compiles.

use std::fs;
use std::path::{Path, PathBuf};

use protoc_gen_micro_rs::OPTIONS;

// Each call of the table with what the builder says that it did: `fn calls() -> Vec<(&str, String)>`.
include!(concat!(env!("OUT_DIR"), "/calls.rs"));

const HEAD: &str = "| in `build.rs` | takes | does | for the plugin |\n|---|---|---|---|\n";

/// An option as the generator's documentation has it.
struct Documented {
    name: String,
    takes: String,
    does: String,
    example: String,
}

impl Documented {
    fn all() -> Vec<Self> {
        let text = fs::read_to_string(root().join("protoc-gen-micro-rs/src/options.md")).unwrap();
        let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix("` |"));
        rows.map(Self::of_row).collect()
    }

    fn of_row(row: &str) -> Self {
        let cells: Vec<_> = row.split(" | ").map(str::to_owned).collect();
        let [name, takes, does, example] = cells.try_into().expect("the table has four columns");
        Self {
            name: name.trim_end_matches('`').to_owned(),
            takes,
            does,
            example: example.trim_start_matches('`').to_owned(),
        }
    }

    fn value(&self) -> &str {
        self.example.split_once('=').expect("examples have a value").1
    }

    /// The builder's method with the example's arguments.
    fn call(&self) -> String {
        let arguments = match (self.takes.split([' ', ',']).next(), self.value()) {
            (Some("switch"), on) => on.to_owned(),
            (Some(pair), value) if pair.contains('=') => {
                let (path, rest) = value.split_once('=').expect("it is a pair");
                format!("{}, {}", literal(path), literal(rest))
            }
            (_, value) => literal(value),
        };
        format!(".{}({arguments})", self.name)
    }

    fn row(&self) -> String {
        let Self { takes, does, example, .. } = self;
        format!("| `{}` | {takes} | {does} | `{example}` |\n", self.call())
    }
}

fn literal(text: &str) -> String {
    if text.contains('"') { format!("r#\"{text}\"#") } else { format!("\"{text}\"") }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_table_of_options_is_that_of_the_generator() {
    let path = root().join("docs/guide/11-build-rs.md");
    let chapter = fs::read_to_string(&path).unwrap();
    let (before, rest) = chapter.split_once(HEAD).expect("the chapter has the table");
    let shown: String =
        rest.split_inclusive('\n').take_while(|line| line.starts_with('|')).collect();
    let wanted: String = Documented::all().iter().map(Documented::row).collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let after = &rest[shown.len()..];
        fs::write(&path, format!("{before}{HEAD}{wanted}{after}")).unwrap();
        panic!("{} is written anew", path.display());
    }
    assert_eq!(shown, wanted, "UPDATE_GOLDEN=1 writes the table anew");
}

#[test]
fn the_table_has_every_option_that_there_is() {
    let documented: Vec<_> = Documented::all().into_iter().map(|option| option.name).collect();
    let known: Vec<_> = OPTIONS.iter().map(|option| option.name).collect();
    assert_eq!(documented, known);
}

#[test]
fn the_calls_for_build_rs_give_the_plugin_what_stands_beside_them() {
    let calls = calls();
    let documented = Documented::all();
    assert_eq!(calls.len(), documented.len());
    for (option, (call, builder)) in documented.iter().zip(calls) {
        assert_eq!(option.call(), call);
        let given = format!("{:?}", [(&option.name, option.value())]);
        assert!(builder.contains(&given), "{call} is no {given}: {builder}");
    }
}
