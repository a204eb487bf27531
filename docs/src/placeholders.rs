//! What differs from run to run, in words that do not.

use std::path::Path;

/// The same text with `<folder>` for a folder, `<port>` for ports of this machine, `<id>` for random ids, `<time>`
/// for times waited, and `<number>` for attempts and for the system's error numbers.
#[must_use]
pub fn in_place_of(text: &str, folder: &Path) -> String {
    let text = text.replace(&*folder.to_string_lossy(), "<folder>");
    let text = replaced(&text, "127.0.0.1:", digits, "<port>");
    let text = replaced(&text, "(os error ", digits, "<number>");
    let text = replaced(&text, "waited ", duration, "<time>");
    let text = replaced(&text, ", attempt ", digits, "<number>");
    replaced(&text, "-", id, "<id>")
}

/// A line of an HTTP response, with `<date>` for when it was sent.
#[must_use]
pub fn of_line(line: &str) -> String {
    let date = line.strip_prefix("date: ").map(|_| "date: <date>");
    date.unwrap_or(line).to_owned()
}

/// The text with `by` in place of as many bytes behind each `before` as `length` says.
fn replaced(text: &str, before: &str, length: fn(&str) -> usize, by: &str) -> String {
    let mut parts = text.split(before);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |done, part| match length(part) {
        0 => done + before + part,
        length => done + before + by + &part[length..],
    })
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Such as `5.0s`.
fn duration(text: &str) -> usize {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'.';
    if digits(text) == 0 { 0 } else { text.bytes().take_while(part).count() }
}

/// Eight hexadecimal digits.
fn id(text: &str) -> usize {
    let length = text.bytes().take_while(u8::is_ascii_hexdigit).count();
    if length == 8 { length } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_replaced() {
        let text =
            "hello-0badcafe at 127.0.0.1:4711, in /tmp/x/y (waited 5.0s; 1m30s) (os error 98)";
        let wanted = "hello-<id> at 127.0.0.1:<port>, in <folder>/y (waited <time>; 1m30s) (os error <number>)";
        assert_eq!(in_place_of(text, Path::new("/tmp/x")), wanted);
        assert_eq!(in_place_of("host-name 10.0.0.1:80", Path::new("/x")), "host-name 10.0.0.1:80");
    }
}
