//! What is JSON and what is not, as serde_json has it.

use super::*;

fn skip(text: &str) -> Result<(), String> {
    let mut reader = Reader::new(text);
    reader.skip().and_then(|()| reader.end()).map_err(|error| error.to_string())
}

fn string(text: &str) -> Result<String, String> {
    Reader::new(text).string().map(Cow::into_owned).map_err(|error| error.to_string())
}

/// Some that are JSON, and some that are not.
const TEXTS: &[&str] = &[
    "0",
    "-0",
    "10",
    "1.5",
    "-1.05e+10",
    "1E-3",
    "01",
    "-",
    "1.",
    ".5",
    "1e",
    "1e+",
    "+1",
    "0x1",
    "1_0",
    "--1",
    "true",
    "tru",
    "nul",
    "nulls",
    "[]",
    "[1]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1",
    "[",
    "]",
    "{}",
    "{\"a\":1}",
    "{\"a\":1,}",
    "{,}",
    "{\"a\"}",
    "{\"a\" 1}",
    "{a:1}",
    "{1:1}",
    "{\"a\":}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1",
    "{\"a\":",
    "{\"a\"",
    "{\"a",
    "{",
    "}",
    "[}",
    "{]",
    "[1}",
    "\"a\"",
    "\"a",
    "\"\\x\"",
    "\"\n\"",
    "\"\u{7f}\"",
    "1 2",
    "",
    " ",
    "\u{feff}1",
    "[[],{},[{\"a\":[null,true,false,-1.5e3,\"\\u00e9\"]}]]",
    " \t\r\n1 \t\r\n",
    "\u{a0}1",
    "//1",
];

#[test]
fn values_are_those_of_serde_json() {
    for text in TEXTS {
        let theirs = serde_json::from_str::<serde::de::IgnoredAny>(text);
        assert_eq!(skip(text).is_ok(), theirs.is_ok(), "{text:?}: {:?}", skip(text));
    }
}

#[test]
fn strings_are_unescaped() {
    assert_eq!(string(r#""""#).unwrap(), "");
    assert_eq!(
        string(r#""aé\"\\\/\b\f\n\r\t\u0041\u00E9z""#).unwrap(),
        "aé\"\\/\u{8}\u{c}\n\r\tAéz"
    );
    assert_eq!(string(r#""\ud83d\ude00""#).unwrap(), "\u{1f600}");
    for text in [r#""\ud83d""#, r#""\ud83dx""#, r#""\ud83d\ud83d""#, r#""\ude00""#] {
        assert_eq!(string(text).unwrap_err(), "half a surrogate pair", "{text}");
    }
    for text in [r#""\u12""#, r#""\u+123""#, r#""\uxyzw""#, "\"\\u12é4\"", r#""\u"#] {
        assert_eq!(string(text).unwrap_err(), "expected \\u and four hexadecimal digits", "{text}");
    }
    assert_eq!(string(r#""\"#).unwrap_err(), "EOF while parsing a string");
}

#[test]
fn what_nests_too_deep_is_an_error_however_deep_it_is() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = |levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
        assert_eq!(skip(&deep(DEEPEST)), Ok(()));
        let wanted = "nested deeper than 100 levels";
        assert_eq!(skip(&deep(DEEPEST + 1)).unwrap_err(), wanted);
        assert_eq!(skip(&open.repeat(1_000_000)).unwrap_err(), wanted);
    }
    assert_eq!(
        skip(&format!("[\"{}\"]", "[".repeat(1_000))),
        Ok(()),
        "brackets in text do not count"
    );
}
