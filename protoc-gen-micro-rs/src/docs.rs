//! Comments of `.proto` files as Rust documentation that runs nothing and links nowhere by accident.

use prost_types::FileDescriptorProto;
use prost_types::source_code_info::Location;

/// The comment at the part of a file that `path` leads to: the one above it, or else the one behind it.
pub(crate) fn comment(file: &FileDescriptorProto, path: &[i32]) -> String {
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let location = locations.into_iter().find(|location| location.path == path);
    location.map(text).unwrap_or_default()
}

fn text(location: &Location) -> String {
    let leading = location.leading_comments();
    let text = if leading.is_empty() { location.trailing_comments() } else { leading };
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
}

/// The same file with comments that prost may print as they are.
pub(crate) fn with_safe_comments(file: &FileDescriptorProto) -> FileDescriptorProto {
    let mut file = file.clone();
    for location in file.source_code_info.iter_mut().flat_map(|info| &mut info.location) {
        let comments = [&mut location.leading_comments, &mut location.trailing_comments];
        for text in comments.into_iter().flatten() {
            *text = without_code(text);
        }
        location.leading_detached_comments.clear();
    }
    file
}

/// A comment as Markdown for a `#[doc]` attribute: brackets and bare addresses are escaped.
pub(crate) fn markdown(comment: &str) -> String {
    let mut out = String::new();
    let mut in_fence = false;
    for line in without_code(comment).lines() {
        in_fence ^= line.trim_start().starts_with("```");
        out.push_str(&if in_fence { line.to_owned() } else { escaped(line) });
        out.push('\n');
    }
    out.trim_end().to_owned()
}

/// Makes code blocks plain text, so that rustdoc does not take them for tests.
fn without_code(comment: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let (mut in_fence, mut in_block) = (false, false);
    for line in comment.lines() {
        // Comments keep the blank that follows `//`.
        let bare = line.strip_prefix(' ').unwrap_or(line);
        let is_fence = bare.trim_start().starts_with("```");
        let indented = !in_fence && bare.starts_with("    ") && !bare.trim().is_empty();
        let starts = lines.last().is_none_or(|last| last.trim().is_empty());
        if in_block && !indented && !bare.trim().is_empty() {
            lines.push(" ```".to_owned());
            in_block = false;
        } else if indented && !in_block && starts {
            lines.push(" ```text".to_owned());
            in_block = true;
        }
        if is_fence && !in_fence {
            lines.push(format!(" {}```text", &bare[..bare.len() - bare.trim_start().len()]));
        } else {
            lines.push(line.to_owned());
        }
        in_fence ^= is_fence;
    }
    if in_block || in_fence {
        lines.push(" ```".to_owned());
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn escaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut in_code = false;
    for (at, character) in line.char_indices() {
        in_code ^= character == '`';
        let starts_address =
            |scheme: &str| line[at..].starts_with(scheme) && !line[..at].ends_with('<');
        match character {
            '[' | ']' | '<' if !in_code => out.extend(['\\', character]),
            'h' if !in_code && (starts_address("http://") || starts_address("https://")) => {
                let end = line[at..].find(char::is_whitespace).map_or(line.len(), |end| at + end);
                out.push('<');
                out.push_str(&line[at..end]);
                out.push('>');
                out.push_str(&escaped(&line[end..]));
                return out;
            }
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_becomes_text() {
        let fenced = " Says:\n\n ```rust\n let x;\n ```\n";
        assert_eq!(markdown(fenced), " Says:\n\n ```text\n let x;\n ```");
        let indented = " Says:\n\n     let x;\n\n More.\n";
        assert!(markdown(indented).contains("```text\n     let x;\n\n ```\n More."));
    }

    #[test]
    fn brackets_and_addresses_do_not_link() {
        assert_eq!(markdown("see [x] and `[y]`"), r"see \[x\] and `[y]`");
        assert_eq!(markdown("at https://a.b/c now"), "at <https://a.b/c> now");
        assert_eq!(markdown("an unclosed ```\nrust"), "an unclosed ```\nrust");
    }
}
