//! Bytes of generated messages, beside those that protoc makes of the same messages as text.
//!
//! Maps have at most one entry here, since neither side says in which order it writes them.

use std::io::Write;
use std::process::{Command, Stdio};

use micro_runtime::codec::Payload;
use micro_runtime::codegen::BytesMut;

use super::generated;
use generated::editions::Explicit;
use generated::editions::explicit::{Choice, Color};
use generated::editions::implicit::Implicit;
use generated::editions::latest::Latest;
use generated::editions::latest::latest::{Choice as LatestChoice, Closed, Open, Part};
use generated::proto2::old::{Either, Left, Part as OldPart, Row};
use generated::proto2::{Choice as OldChoice, Old};

const GOLDEN: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../protoc-gen-micro-rs/tests/golden");

/// protoc, for one type of message.
struct Protoc {
    proto: &'static str,
    message: &'static str,
}

impl Protoc {
    fn of(message: &dyn Payload) -> Self {
        let message = message.full_name();
        let proto = match message {
            "editions.Explicit" => "editions/editions.proto",
            "editions.implicit.Implicit" => "editions/implicit.proto",
            "editions.latest.Latest" => "editions/latest.proto",
            "proto2.Old" => "proto2/proto2.proto",
            other => panic!("where is {other}?"),
        };
        Self { proto, message }
    }

    fn encode(&self, text: &str) -> Vec<u8> {
        self.run("encode", text.as_bytes())
    }

    /// The text of a message, in one line.
    fn decode(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8(self.run("decode", bytes)).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn run(&self, direction: &str, input: &[u8]) -> Vec<u8> {
        let mut protoc = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
            .arg(format!("--proto_path={GOLDEN}"))
            .arg(format!("--{direction}={}", self.message))
            .arg(self.proto)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        protoc.stdin.take().unwrap().write_all(input).unwrap();
        let output = protoc.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", input.escape_ascii());
        output.stdout
    }
}

fn bytes(message: &dyn Payload) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    message.encode(&mut bytes);
    bytes.into()
}

fn read<M: Payload + Default>(bytes: Vec<u8>) -> M {
    let mut message = M::default();
    message.merge(bytes.into()).unwrap();
    message
}

/// Checks messages against their text, which is as protoc prints it, but in one line.
#[track_caller]
fn agree<M: Payload + Default + PartialEq>(cases: impl IntoIterator<Item = (M, &'static str)>) {
    for (message, text) in cases {
        let protoc = Protoc::of(&message);
        let (ours, theirs) = (bytes(&message), protoc.encode(text));
        assert_eq!(ours, theirs, "{text}");
        assert_eq!(protoc.decode(&ours), text);
        let back: M = read(theirs);
        assert_eq!(back, message, "{text}");
        assert_eq!(bytes(&back), ours, "{text}");
    }
}

fn explicit() -> Explicit {
    Explicit::default()
}

fn latest() -> Latest {
    Latest::default()
}

fn part(blob: &[u8]) -> Part {
    Part { blob: Some(blob.to_vec()), ..Part::default() }
}

#[test]
fn a_default_is_written_where_presence_is_explicit_and_only_there() {
    agree([
        (explicit(), "must: 0"),
        (Explicit { number: Some(0), bare: 0, ..explicit() }, "number: 0 must: 0"),
        (
            Explicit { text: Some("d".into()), bare: -1, ..explicit() },
            "text: \"d\" bare: -1 must: 0",
        ),
        (
            Explicit { inner: Some(Box::default()), must: 7, ..explicit() },
            "inner { must: 0 } must: 7",
        ),
    ]);
    agree([
        (Implicit::default(), ""),
        (Implicit { number: 0, text: Some(String::new()), ..Implicit::default() }, "text: \"\""),
        (Implicit { number: i32::MIN, ..Implicit::default() }, "number: -2147483648"),
    ]);
    agree([
        (latest(), "required { }"),
        (Latest { explicit: Some(0), implicit: 0, ..latest() }, "explicit: 0 required { }"),
        (
            Latest { implicit: 1, required: Box::new(part(b"")), ..latest() },
            "implicit: 1 required { blob: \"\" }",
        ),
    ]);
}

#[test]
fn a_required_field_is_written_even_if_it_did_not_come() {
    let protoc = Protoc::of(&latest());
    assert_eq!(protoc.encode(""), b"");
    assert_eq!(bytes(&read::<Latest>(Vec::new())), protoc.encode("required {}"));
    let protoc = Protoc::of(&explicit());
    assert_eq!(
        bytes(&read::<Explicit>(protoc.encode("number: 3"))),
        protoc.encode("number: 3 must: 0")
    );
}

#[test]
fn lists_are_packed_or_expanded_as_their_field_says() {
    let (packed, expanded) = (vec![0, 300, -1], vec![1, 0]);
    agree([(
        Explicit { packed, expanded, ..explicit() },
        "must: 0 packed: 0 packed: 300 packed: -1 expanded: 1 expanded: 0",
    )]);
    let (packed, expanded) = (vec![-1, i32::MIN], vec![0, u32::MAX]);
    agree([(
        Latest { packed, expanded, ..latest() },
        "required { } packed: -1 packed: -2147483648 expanded: 0 expanded: 4294967295",
    )]);
    agree([(
        Old { packed: vec![5, 0], ..Old::default() },
        "id: 0 must: CHOICE_A packed: 5 packed: 0",
    )]);
}

#[test]
fn delimited_messages_are_groups_at_any_depth() {
    let inner = Explicit { delimited: Some(Box::default()), ..explicit() };
    agree([
        (
            Explicit { delimited: Some(Box::new(inner.clone())), ..explicit() },
            "must: 0 delimited { must: 0 delimited { must: 0 } }",
        ),
        (
            Explicit { many_delimited: vec![explicit(), inner.clone()], ..explicit() },
            "must: 0 many_delimited { must: 0 } many_delimited { must: 0 delimited { must: 0 } }",
        ),
        (
            Explicit { by_name: [("k".into(), inner)].into(), ..explicit() },
            "must: 0 by_name { key: \"k\" value { must: 0 delimited { must: 0 } } }",
        ),
        (
            Explicit { choice: Some(Choice::Other(Box::default())), ..explicit() },
            "must: 0 other { must: 0 }",
        ),
    ]);
    let entry = Implicit { number: 2, ..Implicit::default() };
    let inner = Implicit { map: [(-1, entry)].into(), ..Implicit::default() };
    agree([(
        Implicit { inner: Some(Box::new(inner)), ..Implicit::default() },
        "inner { map { key: -1 value { number: 2 } } }",
    )]);
}

#[test]
fn edition_2024_has_all_of_it_in_one_message() {
    let nested = Latest { choice: Some(LatestChoice::Text("x".into())), ..latest() };
    let inner = Part { inner: Some(Box::new(nested)), blob: None };
    let message = Latest {
        explicit: Some(-5),
        delimited: Some(Box::new(inner)),
        many_delimited: vec![Part::default(), part(&[0, 0xff])],
        many_open: vec![Open::Zero.into(), Open::Below.into()],
        bare: Open::Below.into(),
        closed: Some(Closed::Four.into()),
        by_name: [("k".into(), part(b"m"))].into(),
        choice: Some(LatestChoice::Part(Box::new(part(b"g")))),
        ..latest()
    };
    agree([(
        message,
        concat!(
            "explicit: -5 required { } delimited { inner { required { } text: \"x\" } } ",
            "many_delimited { } many_delimited { blob: \"\\000\\377\" } ",
            "many_open: OPEN_ZERO many_open: OPEN_BELOW bare: OPEN_BELOW closed: CLOSED_FOUR ",
            "by_name { key: \"k\" value { blob: \"m\" } } Part { blob: \"g\" }",
        ),
    )]);
}

/// Both forms are protobuf: protoc writes all of an entry, what is generated leaves out a key that is the default.
#[test]
fn an_entry_of_a_map_without_its_default_key_is_the_same_entry() {
    let message = Latest { by_name: [(String::new(), part(b"m"))].into(), ..latest() };
    let text = "required { } by_name { key: \"\" value { blob: \"m\" } }";
    let protoc = Protoc::of(&message);
    assert_eq!(protoc.decode(&bytes(&message)), text);
    let theirs = protoc.encode(text);
    assert_eq!(theirs.len(), bytes(&message).len() + 2);
    assert_eq!(read::<Latest>(theirs), message);
}

#[test]
fn open_enums_hold_numbers_without_a_name() {
    agree([
        (Latest { open: Some(0), bare: 0, ..latest() }, "required { } open: OPEN_ZERO"),
        (
            Latest { open: Some(7), many_open: vec![-1, 9], bare: -7, ..latest() },
            "required { } open: 7 many_open: OPEN_BELOW many_open: 9 bare: -7",
        ),
    ]);
}

#[test]
fn closed_enums_have_the_bytes_of_their_names() {
    agree([(
        Explicit { color: Some(Color::Red.into()), choice: Some(Choice::One(0)), ..explicit() },
        "must: 0 one: 0 color: COLOR_RED",
    )]);
    let many_closed = vec![Closed::Four.into(), Closed::Three.into()];
    agree([(
        Latest { closed: Some(Closed::Three.into()), many_closed, ..latest() },
        "required { } closed: CLOSED_THREE many_closed: CLOSED_FOUR many_closed: CLOSED_THREE",
    )]);
}

/// To protoc such a number is an unknown field; here it stays in its own.
#[test]
fn a_number_that_a_closed_enum_does_not_have_is_kept() {
    let message = Latest { closed: Some(7), many_closed: vec![3, 8], ..latest() };
    let written = bytes(&message);
    let text = "required { } many_closed: CLOSED_THREE 11: 7 12: 8";
    assert_eq!(Protoc::of(&message).decode(&written), text);
    let back: Latest = read(written);
    assert_eq!(back, message);
    assert_eq!(back.closed(), Closed::Three);
}

#[test]
fn groups_of_proto2_are_what_they_were() {
    let old = |id| Old { id, ..Old::default() };
    let row = |id| Row { old: old(id) };
    agree([
        (old(0), "id: 0 must: CHOICE_A"),
        (
            Old { part: Some(OldPart { x: Some(0) }), ..old(1) },
            "id: 1 Part { x: 0 } must: CHOICE_A",
        ),
        (
            Old { row: vec![row(2), row(3)], must: OldChoice::B.into(), ..old(1) },
            concat!(
                "id: 1 Row { old { id: 2 must: CHOICE_A } } Row { old { id: 3 must: CHOICE_A } } ",
                "must: CHOICE_B",
            ),
        ),
        (
            Old { either: Some(Either::Left(Left { q: Some(-1) })), ..old(1) },
            "id: 1 must: CHOICE_A Left { q: -1 }",
        ),
        (
            Old {
                either: Some(Either::Right(String::new())),
                ratio: Some(f32::INFINITY),
                ..old(1)
            },
            "id: 1 ratio: inf must: CHOICE_A right: \"\"",
        ),
    ]);
}
