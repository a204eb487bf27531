//! JSON of a message as the generator would print it; `micro-build` tests what it does print.

use std::collections::BTreeMap;

use super::*;

struct Tone;

impl JsonEnum for Tone {
    const NAMES: &'static [(&'static str, i32)] = &[("PLAIN", 0), ("WARM", 1), ("HEARTY", 1)];
}

#[derive(Debug, Default, PartialEq)]
struct Letter {
    user_id: i64,
    tone: i32,
    stars: Option<u32>,
    pages: Vec<Vec<u8>>,
    copies: BTreeMap<bool, Box<Self>>,
    sender: Option<Sender>,
}

#[derive(Debug, PartialEq)]
enum Sender {
    Name(String),
    Ratio(f32),
}

impl JsonMessage for Letter {
    const FIELDS: &'static [(&'static str, u16)] = &[
        ("copies", 4),
        ("name", 5),
        ("pages", 3),
        ("ratio", 6),
        ("stars", 2),
        ("tone", 1),
        ("userId", 0),
        ("user_id", 0),
    ];

    fn write_fields(&self, out: &mut Vec<u8>) -> Result<(), Error> {
        put::<Plain, _>(out, "userId", &self.user_id)?;
        put::<Enum<Tone>, _>(out, "tone", &self.tone)?;
        put_some::<Plain, _>(out, "stars", &self.stars)?;
        put_list::<Plain, _>(out, "pages", &self.pages)?;
        put_map::<Nested, _>(out, "copies", &self.copies)?;
        match &self.sender {
            Some(Sender::Name(value)) => put_always::<Plain, _>(out, "name", value),
            Some(Sender::Ratio(value)) => put_always::<Plain, _>(out, "ratio", value),
            None => Ok(()),
        }
    }

    fn read_field(&mut self, field: u16, reader: &mut Reader<'_>) -> Result<(), Error> {
        match field {
            0 => get::<Plain, _>(reader, &mut self.user_id),
            1 => get::<Enum<Tone>, _>(reader, &mut self.tone),
            2 => get_some::<Plain, _>(reader, &mut self.stars),
            3 => get_list::<Plain, _>(reader, &mut self.pages),
            4 => get_map::<Nested, _>(reader, &mut self.copies),
            5 => get_one::<Plain, _, _>(reader, &mut self.sender, Sender::Name),
            6 => get_one::<Plain, _, _>(reader, &mut self.sender, Sender::Ratio),
            _ => skip(reader),
        }
    }
}

fn read(text: &str) -> Result<Letter, String> {
    let mut letter = Letter::default();
    merge(&mut letter, text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(letter)
}

fn text(letter: &Letter) -> String {
    let mut text = Vec::new();
    write(letter, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn a_message_goes_there_and_back() {
    let letter = Letter {
        user_id: -5,
        tone: 1,
        stars: Some(0),
        pages: vec![vec![], vec![0xff]],
        copies: [(true, Box::default())].into(),
        sender: Some(Sender::Ratio(f32::INFINITY)),
    };
    let wanted = concat!(
        r#"{"userId":"-5","tone":"WARM","stars":0,"pages":["","/w=="],"#,
        r#""copies":{"true":{}},"ratio":"Infinity"}"#
    );
    assert_eq!(text(&letter), wanted);
    assert_eq!(read(wanted), Ok(letter));
    assert_eq!(text(&Letter::default()), "{}");
}

#[test]
fn names_aliases_and_numbers_are_read() {
    let letter = read(r#"{"user_id":7,"tone":"HEARTY","pages":["_w"],"other":[{}]}"#).unwrap();
    assert_eq!((letter.user_id, letter.tone), (7, 1));
    assert_eq!(letter.pages, [[0xff]]);
    assert_eq!(text(&Letter { tone: 9, ..Letter::default() }), r#"{"tone":9}"#);
    assert_eq!(
        read(r#"{"userId":null,"stars":null,"pages":null,"name":null}"#),
        Ok(Letter::default())
    );
}

#[test]
fn mistakes_name_their_path() {
    for (text, wanted) in [
        (r#"{"user_id":"x"}"#, r#"field "user_id": expected a 64-bit integer, got "x""#),
        (r#"{"userId":1,"user_id":1}"#, r#"field "user_id": given twice"#),
        (r#"{"pages":["",1]}"#, r#"field "pages[1]": expected bytes in base64, got 1"#),
        (
            r#"{"copies":{"true":{"stars":-1}}}"#,
            r#"field "copies[true].stars": expected an unsigned"#,
        ),
        (r#"{"copies":{"1":{}}}"#, r#"field "copies": expected true or false as a key, got "1""#),
        (r#"{"copies":{"true":{},"true":{}}}"#, r#"field "copies[true]": given twice"#),
        (r#"{"name":"a","ratio":1}"#, r#"field "ratio": another field of its oneof is set"#),
        (
            r#"{"tone":"COLD"}"#,
            r#"field "tone": expected a name or number of the enum, got "COLD""#,
        ),
        ("{}x", "trailing characters at line 1 column 3"),
        ("{\n'name': 1}", "key must be a string at line 2 column 1"),
        (r#"{"name": "a""#, "EOF while parsing an object at line 1 column 12"),
        (r#"{"name": Ann}"#, r#"field "name": expected value at line 1 column 10"#),
        (" \n", "there is no text: a message without fields is {}"),
        ("[]", "expected an object, got an array at line 1 column 1"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.starts_with(wanted), "{text}: {error}");
    }
}

#[test]
fn floats_come_back_as_they_were() {
    for ratio in [f32::MIN_POSITIVE, f32::MAX, 0.1, 1.0 / 3.0, -0.0] {
        let letter = Letter { sender: Some(Sender::Ratio(ratio)), ..Letter::default() };
        let back = read(&text(&letter)).unwrap();
        let Some(Sender::Ratio(back)) = back.sender else { panic!("another member") };
        assert_eq!(back.to_bits(), ratio.to_bits());
    }
    assert!(read(r#"{"ratio":1e39}"#).is_err());
}

#[test]
fn fields_are_found_in_any_order_and_by_either_name() {
    let wanted = read(r#"{"userId":7,"tone":1,"stars":2,"pages":[""],"ratio":0.5}"#).unwrap();
    for text in [
        r#"{"ratio":0.5,"pages":[""],"stars":2,"tone":1,"user_id":7}"#,
        r#"{"stars":2,"ratio":0.5,"u":{"user_id":8},"userId":"7","user":0,"pages":[""],"tone":1}"#,
        r#"{"\u0075serId":7,"tone":1,"stars":2,"pages":[""],"ratio":0.5}"#,
    ] {
        assert_eq!(read(text).as_ref(), Ok(&wanted), "{text}");
    }
}

#[test]
fn errors_show_no_more_than_the_start_of_what_they_got() {
    for text in [
        format!(r#"{{"userId":"{}"}}"#, "x".repeat(1_000)),
        format!(r#"{{"userId":{}.5}}"#, "1".repeat(1_000)),
        format!(r#"{{"copies":{{"{}":{{}}}}}}"#, "é".repeat(1_000)),
    ] {
        let error = read(&text).unwrap_err();
        assert!(error.len() < 250 && error.contains('…'), "{error}");
    }
}

#[test]
fn bytes_that_are_no_text_are_an_error() {
    let said = merge(&mut Letter::default(), b"{\n\"name\":\"\xff\"}").unwrap_err().to_string();
    assert_eq!(said, "the text is not UTF-8 at line 2 column 9");
}

#[test]
fn what_cannot_be_written_names_its_path() {
    let broken = crate::wkt::Timestamp { seconds: i64::MAX, nanos: 0 };
    let mut out = Vec::new();
    let error = put_list::<Known, _>(&mut out, "times", &[broken]).unwrap_err().in_field("log");
    let wanted = "field \"log.times[0]\": this google.protobuf.Timestamp is out of range";
    assert_eq!(error.to_string(), wanted);
}

#[test]
fn an_enum_may_leave_out_names_that_it_does_not_have() {
    let text = r#"{"tone":"COLD","stars":1}"#;
    let letter = Types::default().leaving_out_unknown_names().scope(|| read(text)).unwrap();
    assert_eq!((letter.tone, letter.stars), (0, Some(1)));
    assert!(read(text).is_err());
}
