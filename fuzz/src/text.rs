//! Mutations of `.proto` files, word by word.

use fastrand::Rng;

/// Words that are put anywhere, beside those of other files.
const WORDS: &[&str] = &[
    "self",
    "Self",
    "type",
    "optional",
    "repeated",
    "required",
    "map<string, M>",
    "oneof",
    "reserved",
    "extensions 100 to 200;",
    "stream",
    "message",
    "enum",
    "service",
    "{",
    "}",
    ";",
    "=",
    "1",
    "0",
    "-1",
    "536870911",
    "19000",
    "string",
    "bytes",
    "double",
    "bool",
    "group",
    "google.protobuf.Any",
    "[deprecated = true]",
    "[packed = false]",
    "[json_name = \"@type\"]",
    "\"\"",
    "\"/v1/{a}\"",
    "// x\n",
    "/** `[x] <y> */",
    "option",
    "import",
    "public",
    "\u{e9}",
    "_",
    "__",
    "A_B",
    "aB",
    "inf",
    "nan",
];

/// A file with one to three of its words changed; now and then words of another one take their place.
#[must_use]
pub fn mutated(file: &str, other: &str, random: &mut Rng) -> String {
    let (mut words, others) = (words(file), words(other));
    for _ in 0..random.u32(1..=2) {
        if words.is_empty() {
            break;
        }
        let (at, end) = (random.usize(..words.len()), words.len());
        let word = match random.bool() && !others.is_empty() {
            true => others[random.usize(..others.len())],
            false => WORDS[random.usize(..WORDS.len())],
        };
        match random.u8(..16) {
            0 => drop(words.remove(at)),
            1 => words.insert(at, word),
            2 => words[at] = words[random.usize(..end)],
            3 => words.extend_from_within(at..end.min(at + random.usize(1..20))),
            4 => words[at] = word,
            // Most often by one of its kind, so that protoc takes it.
            _ => {
                let kind = kind(words[at]);
                let alike: Vec<_> =
                    others.iter().chain(WORDS).filter(|it| self::kind(it) == kind).collect();
                words[at] = alike.get(random.usize(..alike.len().max(1))).map_or(word, |word| word);
            }
        }
    }
    words.join(" ")
}

/// Names of types, other names, numbers, and what is left: whatever of one kind may stand for each other.
fn kind(word: &str) -> u8 {
    match word.chars().next() {
        Some(first) if first.is_uppercase() => 0,
        Some(first) if first.is_lowercase() || first == '_' => 1,
        Some(first) if first.is_numeric() => 2,
        Some('"') => 3,
        _ => 4,
    }
}

/// Names, texts, numbers and signs; comments end with their line.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_name = |char: char| char.is_alphanumeric() || "_.".contains(char);
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').map_or(rest.len(), |at| at + 1),
            '"' => rest[1..].find('"').map_or(rest.len(), |at| at + 2),
            _ if is_name(first) => rest.find(|char| !is_name(char)).unwrap_or(rest.len()),
            other => other.len_utf8(),
        };
        words.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_words() {
        let text = "message M { // é\n string a = 1 [json_name = \"a b\"]; }";
        let wanted = [
            "message",
            "M",
            "{",
            "// é\n",
            "string",
            "a",
            "=",
            "1",
            "[",
            "json_name",
            "=",
            "\"a b\"",
            "]",
            ";",
            "}",
        ];
        assert_eq!(words(text), wanted);
    }
}
