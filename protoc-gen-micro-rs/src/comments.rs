//! Comments of `.proto` files as documentation that rustdoc takes without a warning, and never runs.

/// The lines of a comment as Markdown.
///
/// Code is marked as text, so that no sample becomes a test; brackets, angles and bare addresses outside code
/// are escaped, so that none becomes a broken link.
pub(crate) fn markdown(comment: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut block = Block::Text;
    let mut after_blank = true;
    for line in plain_lines(comment) {
        let indented = line.starts_with("    ") || line.starts_with('\t');
        block = match block {
            Block::Fence if is_fence(&line) => {
                lines.push("```".to_owned());
                Block::Ended
            }
            Block::Fence => {
                lines.push(line.clone());
                Block::Fence
            }
            Block::Indented if indented || line.is_empty() => {
                lines.push(dedent(&line));
                Block::Indented
            }
            other => {
                close(other, &mut lines);
                open(&line, indented && after_blank, &mut lines)
            }
        };
        after_blank = line.is_empty() || block == Block::Ended;
    }
    close(block, &mut lines);
    lines
}

/// The comment without the space after each `//`, and without blank lines at both ends.
pub(crate) fn plain(comment: &str) -> String {
    plain_lines(comment).join("\n")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Text,
    Ended,
    Fence,
    Indented,
}

fn plain_lines(comment: &str) -> Vec<String> {
    let strip = |line: &str| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned();
    let mut lines: Vec<_> = comment.lines().map(strip).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let blank = lines.iter().take_while(|line| line.is_empty()).count();
    lines.split_off(blank)
}

fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~")
}

fn open(line: &str, code: bool, lines: &mut Vec<String>) -> Block {
    if is_fence(line) {
        lines.push("```text".to_owned());
        return Block::Fence;
    }
    if code {
        lines.extend(["```text".to_owned(), dedent(line)]);
        return Block::Indented;
    }
    lines.push(escape(line));
    Block::Text
}

fn close(block: Block, lines: &mut Vec<String>) {
    match block {
        Block::Fence => lines.push("```".to_owned()),
        Block::Indented => {
            let blank = lines.iter().rev().take_while(|line| line.is_empty()).count();
            lines.insert(lines.len() - blank, "```".to_owned());
        }
        Block::Text | Block::Ended => {}
    }
}

fn dedent(line: &str) -> String {
    let line = line.strip_prefix("    ").or_else(|| line.strip_prefix('\t')).unwrap_or(line);
    line.to_owned()
}

/// Escapes what Markdown would read as a link, as HTML or as half of something; code inside the line stays.
fn escape(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        escape_text(&rest[..start], &mut escaped);
        let ticks = run(&rest[start..]);
        let (opening, inside) = rest[start..].split_at(ticks);
        match closing(inside, ticks) {
            Some(end) => {
                escaped.extend([opening, &inside[..end]]);
                rest = &inside[end..];
            }
            None => {
                escaped.extend(std::iter::repeat_n("\\`", ticks));
                rest = inside;
            }
        }
    }
    escape_text(rest, &mut escaped);
    escaped
}

/// How many backticks a text begins with.
fn run(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// Where the code ends that as many backticks have opened: behind those that close it.
fn closing(text: &str, ticks: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(start) = text[at..].find('`') {
        let found = run(&text[at + start..]);
        at += start + found;
        if found == ticks {
            return Some(at);
        }
    }
    None
}

fn escape_text(text: &str, escaped: &mut String) {
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        if rest.starts_with("http://") || rest.starts_with("https://") {
            let end = rest.find([' ', '\t', '<', '>', ')', '"']).unwrap_or(rest.len());
            let address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?']);
            escaped.extend(["<", address, ">"]);
            rest = &rest[address.len()..];
            continue;
        }
        if matches!(char, '[' | ']' | '<' | '\\') {
            escaped.push('\\');
        }
        escaped.push(char);
        rest = &rest[char.len_utf8()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_become_text() {
        let comment = " A.\n\n     let x = 1;\n\n     y\n\n B.\n ```rust\n [z]\n";
        let wanted =
            ["A.", "", "```text", "let x = 1;", "", "y", "```", "", "B.", "```text", "[z]", "```"];
        assert_eq!(markdown(comment), wanted);
    }

    #[test]
    fn links_and_html_are_escaped_outside_code() {
        assert_eq!(
            escape("see [x] at https://a.b/c_d. `[y]` <T>"),
            r"see \[x\] at <https://a.b/c_d>. `[y]` \<T>"
        );
        assert_eq!(escape("odd ` [x]"), r"odd \` \[x\]");
        assert_eq!(escape(r"``a ` [b]`` \ ``[c]` d"), r"``a ` [b]`` \\ \`\`\[c\]\` d");
    }

    #[test]
    fn blank_lines_stay_inside_and_go_at_the_ends() {
        assert_eq!(markdown("\n a\n\n b\n\n"), ["a", "", "b"]);
        assert_eq!(plain(" a\n b\n"), "a\nb");
        assert_eq!(markdown(""), [""; 0]);
    }
}
