//! What a chapter is made of: prose, and blocks of code.

/// A block of code between two lines of backticks.
#[derive(Debug)]
pub struct Block<'a> {
    /// The word behind the backticks, such as `rust`.
    pub language: &'a str,
    /// The file that the block is part of, if the paragraph above begins with its path.
    pub file: Option<&'a str>,
    /// The lines between.
    pub code: String,
}

/// A line of prose, or a block.
#[derive(Debug)]
pub enum Piece<'a> {
    /// A line outside blocks.
    Line(&'a str),
    /// A block.
    Code(Block<'a>),
}

/// All pieces of a chapter, in order.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut lines) = (Vec::new(), text.lines());
    let (mut above, mut ended) = ("", true);
    while let Some(line) = lines.next() {
        if ended && !line.is_empty() && !line.starts_with("```") {
            above = line;
        }
        ended = line.is_empty();
        if let Some(language) = line.strip_prefix("```") {
            let code: String =
                lines.by_ref().take_while(|line| *line != "```").fold(String::new(), with_line);
            // Of two blocks below one paragraph, only the first is what it tells of.
            let file = file(std::mem::take(&mut above));
            pieces.push(Piece::Code(Block { language, file, code }));
        } else {
            pieces.push(Piece::Line(line));
        }
    }
    pieces
}

/// The chapter as rustdoc gets it: the examples stand in the setting that the index tells of, and so does what tables
/// say that one writes.
pub fn with_settings(text: &str) -> String {
    let (mut done, mut snippets) = (String::new(), None);
    for piece in pieces(text) {
        match piece {
            Piece::Line(line) if line.starts_with('|') => read_row(line, &mut snippets),
            _ => done += &end_table(&mut snippets),
        }
        done += &with_setting(piece);
    }
    done + &end_table(&mut snippets)
}

fn with_setting(piece: Piece<'_>) -> String {
    match piece {
        Piece::Line(line) => with_line(String::new(), line),
        Piece::Code(Block { language: "rust", file: None, code }) => {
            "```rust\n".to_owned() + &in_setting(&code) + "```\n"
        }
        // Parts of files are tested where the file is.
        Piece::Code(Block { language: "rust", code, .. }) => {
            "```text\n".to_owned() + &code + "```\n"
        }
        Piece::Code(Block { language, code, .. }) => {
            "```".to_owned() + language + "\n" + &code + "```\n"
        }
    }
}

/// Collects the code of a table's last column, if its head is `you write`.
fn read_row<'a>(row: &'a str, snippets: &mut Option<Vec<&'a str>>) {
    let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or_default();
    match snippets {
        Some(snippets) => snippets.extend(last.split('`').skip(1).step_by(2)),
        None if last == "you write" => *snippets = Some(Vec::new()),
        None => {}
    }
}

fn end_table(snippets: &mut Option<Vec<&str>>) -> String {
    snippets.take().map(|snippets| in_one_example(&snippets)).unwrap_or_default()
}

/// An example that is compiled and not run, and that readers do not see: each snippet by itself, as a value or as
/// statements.
fn in_one_example(snippets: &[&str]) -> String {
    let shown = snippets.iter().map(|snippet| {
        let snippet = snippet.replace("\\|", "|");
        let is_value = !snippet.ends_with([';', '}']);
        let snippet = if is_value { format!("let _ = {snippet};") } else { snippet };
        format!("# {{ {GIVEN} {snippet} }}\n")
    });
    let shown: String = shown.collect();
    let uses = "# #[allow(unused_imports)] use guide::snippets::*;\n";
    format!("\n```rust,no_run\n{}```\n", in_setting(&(uses.to_owned() + &shown)))
}

/// What each snippet has to itself.
const GIVEN: &str = "let (client, greeter, request) = \
                     (setting.client(), setting.greeter(), setting.request()); \
                     let (context, error) = (given::<Context>(), given::<Error>()); \
                     let mut requests = given::<Streaming<ChatMessage>>();";

/// A whole program as it is, and anything else inside of one.
fn in_setting(code: &str) -> String {
    let greeter = "# use guide::greeter;\n";
    if code.contains("fn main()") {
        return format!("{greeter}{code}");
    }
    format!(
        "{greeter}\
         # #[tokio::main(flavor = \"current_thread\")]\n\
         # async fn main() -> micro_runtime::Result<()> {{\n\
         # let setting = guide::Setting::start().await?;\n\
         # let (registry, transport) = (setting.registry(), setting.transport());\n\
         # let (client, greeter) = (setting.client(), setting.greeter());\n\
         # let request = setting.request();\n\
         {code}\
         # Ok(())\n\
         # }}\n"
    )
}

fn file(above: &str) -> Option<&str> {
    above.strip_prefix('`')?.split('`').next().filter(|name| name.contains('/'))
}

fn with_line(text: String, line: &str) -> String {
    text + line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_block_below_a_files_name_is_of_that_file() {
        let text = "`a/b.rs`, a file:\n\n```rust\n1;\n```\n\n```sh\nls\n```\n";
        let files = pieces(text).into_iter().filter_map(|piece| match piece {
            Piece::Code(block) => Some(block.file),
            Piece::Line(_) => None,
        });
        assert_eq!(files.collect::<Vec<_>>(), [Some("a/b.rs"), None]);
    }

    #[test]
    fn what_a_table_says_that_one_writes_is_compiled() {
        let table =
            "| you had | you write |\n|---|---|\n| `old()` | `f(\\|x\\| x)`, or `let y = 1;` |\n";
        let seen = with_settings(table);
        for part in ["```rust,no_run\n", " let _ = f(|x| x); }\n", " let y = 1; }\n"] {
            assert!(seen.contains(part), "{seen} lacks {part:?}");
        }
        assert!(seen.starts_with(table) && !seen[table.len()..].contains("old()"), "{seen}");
        let other = table.replace("you write", "is");
        assert_eq!(with_settings(&other), other);
    }
}
