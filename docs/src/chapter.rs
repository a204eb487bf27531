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
            pieces.push(Piece::Code(Block { language, file: file(above), code }));
        } else {
            pieces.push(Piece::Line(line));
        }
    }
    pieces
}

/// The chapter as rustdoc gets it: the examples stand in the setting that the index tells of.
pub fn with_settings(text: &str) -> String {
    pieces(text).into_iter().fold(String::new(), |text, piece| match piece {
        Piece::Line(line) => with_line(text, line),
        Piece::Code(Block { language: "rust", file: None, code }) => {
            text + "```rust\n" + &in_setting(&code) + "```\n"
        }
        // Parts of files are tested where the file is.
        Piece::Code(Block { language: "rust", code, .. }) => text + "```text\n" + &code + "```\n",
        Piece::Code(Block { language, code, .. }) => {
            text + "```" + language + "\n" + &code + "```\n"
        }
    })
}

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
