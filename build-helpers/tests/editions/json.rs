//! Canonical proto3 JSON of generated messages.

use micro_runtime::codec::Payload;

use super::generated;
use generated::kinds::shapes::{Choice, Inner};
use generated::kinds::{Color, Maps, Nothing, Scalars, Shapes};
use generated::proto2;
use generated::well_known::{Known, Moment, Texts, known};

fn write(message: &impl Payload) -> String {
    let mut text = Vec::new();
    message.write_json(&mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn read<M: Payload + Default>(text: &str) -> M {
    let mut message = M::default();
    message.merge_json(text.as_bytes()).unwrap();
    message
}

fn error<M: Payload + Default>(text: &str) -> String {
    let mut message = M::default();
    message.merge_json(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn scalars_have_their_canonical_form() {
    assert_eq!(write(&Scalars::default()), "{}");
    assert_eq!(write(&Nothing {}), "{}");
    let message = Scalars {
        double_value: f64::NAN,
        float_value: f32::NEG_INFINITY,
        int32_value: -1,
        int64_value: i64::MIN,
        uint32_value: u32::MAX,
        uint64_value: u64::MAX,
        bool_value: true,
        string_value: "\"\u{e9}\n".to_owned(),
        bytes_value: vec![0xfb, 0xff],
        ..Scalars::default()
    };
    let wanted = concat!(
        r#"{"doubleValue":"NaN","floatValue":"-Infinity","int32Value":-1,"#,
        r#""int64Value":"-9223372036854775808","uint32Value":4294967295,"#,
        r#""uint64Value":"18446744073709551615","boolValue":true,"stringValue":"\"é\n","bytesValue":"+/8="}"#
    );
    assert_eq!(write(&message), wanted);
    let back: Scalars = read(wanted);
    assert!(back.double_value.is_nan());
    assert_eq!(Scalars { double_value: 0.0, ..back }, Scalars { double_value: 0.0, ..message });
}

#[test]
fn scalars_are_read_from_every_form_that_is_allowed() {
    let message: Scalars = read(
        r#"{"int32_value": 1.0, "int64Value": 1e3, "uint32Value": "7", "uint64Value": 8, "sint32Value": "-2.0",
            "sfixed64Value": "9223372036854775807", "doubleValue": "1.5", "floatValue": 1,
            "bytesValue": "-_8", "stringValue": null, "unknown": {"a": [1, {"b": null}]}}"#,
    );
    let wanted = Scalars {
        int32_value: 1,
        int64_value: 1000,
        uint32_value: 7,
        uint64_value: 8,
        sint32_value: -2,
        sfixed64_value: i64::MAX,
        double_value: 1.5,
        float_value: 1.0,
        bytes_value: vec![0xfb, 0xff],
        ..Scalars::default()
    };
    assert_eq!(message, wanted);
    assert!(read::<Scalars>(r#"{"doubleValue": "-Infinity"}"#).double_value.is_infinite());
    assert!(write(&read::<Scalars>(r#"{"doubleValue": -0.0}"#)).contains("-0"));
}

#[test]
fn errors_name_the_field_and_what_it_wants() {
    for (text, wanted) in [
        (r#"{"int64_value":"x"}"#, r#"field "int64_value": expected a 64-bit integer, got "x""#),
        (r#"{"int32Value":1.5}"#, r#"field "int32Value": expected a 32-bit integer, got 1.5"#),
        (
            r#"{"int32Value":2147483648}"#,
            r#"field "int32Value": expected a 32-bit integer, got 2147483648"#,
        ),
        (
            r#"{"uint32Value":-1}"#,
            r#"field "uint32Value": expected an unsigned 32-bit integer, got -1"#,
        ),
        (r#"{"int32Value":" 1"}"#, r#"field "int32Value": expected a 32-bit integer, got " 1""#),
        (r#"{"int32Value":""}"#, r#"field "int32Value": expected a 32-bit integer, got """#),
        (r#"{"boolValue":"true"}"#, r#"field "boolValue": expected true or false, got "true""#),
        (r#"{"stringValue":1}"#, r#"field "stringValue": expected a string, got 1"#),
        (r#"{"stringValue":[]}"#, r#"field "stringValue": expected a string, got an array"#),
        (r#"{"bytesValue":"a"}"#, r#"field "bytesValue": expected bytes in base64, got "a""#),
        (
            r#"{"int64Value":-9223372036854775809}"#,
            r#"field "int64Value": expected a 64-bit integer, got -9"#,
        ),
        (r#"{"floatValue":1e39}"#, r#"field "floatValue": expected a number, got 1"#),
        (r#"{"doubleValue":"nan"}"#, r#"field "doubleValue": expected a number, got "nan""#),
        (r#"{"int32Value":1,"int32_value":2}"#, r#"field "int32_value": given twice"#),
        (r#"{"int32Value":null,"int32Value":2}"#, r#"field "int32Value": given twice"#),
    ] {
        let said = error::<Scalars>(text);
        assert!(said.starts_with(wanted), "{said}");
    }
    let said = error::<Shapes>(r#"{"manyScalars":[{},{"int32Value":"x"}]}"#);
    assert!(said.starts_with(r#"field "manyScalars[1].int32Value": expected"#), "{said}");
    let said = error::<Maps>(r#"{"byUint64":{"7":{"boolValue":0}}}"#);
    assert!(
        said.starts_with(r#"field "byUint64[7].boolValue": expected true or false, got 0"#),
        "{said}"
    );
}

#[test]
fn text_is_one_object_and_nothing_else() {
    assert!(error::<Nothing>("{} {}").contains("trailing"));
    assert!(error::<Nothing>("null").contains("expected an object"));
    assert!(error::<Nothing>("").contains("a message without fields is {}"));
    assert!(error::<Nothing>("{'a':1}").contains("line 1"));
    let deep = |levels: usize| r#"{"next":"#.repeat(levels - 1) + "{}" + &"}".repeat(levels - 1);
    read::<Inner>(&deep(100));
    assert!(error::<Inner>(&deep(101)).contains("100 levels"));
}

#[test]
fn presence_shows() {
    let message =
        Shapes { maybe_number: Some(0), maybe_text: Some(String::new()), ..Shapes::default() };
    assert_eq!(write(&message), r#"{"maybeNumber":"0","maybeText":""}"#);
    assert_eq!(read::<Shapes>(r#"{"maybeNumber":0,"maybeText":""}"#), message);
    assert_eq!(
        read::<Shapes>(r#"{"maybeNumber":null,"scalars":null,"numbers":null}"#),
        Shapes::default()
    );
    let set: Shapes = read(r#"{"scalars":{}}"#);
    assert_eq!(set.scalars, Some(Scalars::default()));
    assert_eq!(write(&set), r#"{"scalars":{}}"#);
}

#[test]
fn enums_are_names_and_unknown_ones_numbers() {
    let message = Shapes { colors: vec![0, 1, 7, -2], ..Shapes::default() };
    let text = r#"{"colors":["COLOR_UNSPECIFIED","COLOR_GREY",7,"COLOR_BELOW"]}"#;
    assert_eq!(write(&message), text);
    assert_eq!(read::<Shapes>(text), message);
    assert_eq!(read::<Shapes>(r#"{"color":"COLOR_GRAY"}"#).color(), Color::Grey);
    assert_eq!(read::<Shapes>(r#"{"color":1.0}"#).color(), Color::Grey);
    let said = error::<Shapes>(r#"{"color":"PINK"}"#);
    assert!(
        said.starts_with(r#"field "color": expected a name or number of the enum, got "PINK""#),
        "{said}"
    );
}

#[test]
fn lists_hold_no_null() {
    let said = error::<Shapes>(r#"{"texts":["a",null]}"#);
    assert!(said.starts_with(r#"field "texts[1]": expected a string, got null"#), "{said}");
    assert!(error::<Shapes>(r#"{"manyScalars":[null]}"#).contains("expected an object"));
    assert!(error::<Shapes>(r#"{"texts":"a"}"#).contains("expected an array"));
}

#[test]
fn a_oneof_takes_one_member() {
    assert_eq!(write(&read::<Shapes>(r#"{"number":0}"#)), r#"{"number":"0"}"#);
    let nested: Shapes = read(r#"{"again":{"text":"x"},"number":null}"#);
    assert!(matches!(nested.choice, Some(Choice::Again(_))));
    assert_eq!(write(&nested), r#"{"again":{"text":"x"}}"#);
    let said = error::<Shapes>(r#"{"text":"a","number":1}"#);
    assert!(said.starts_with(r#"field "number": another field of its oneof is set"#), "{said}");
    let blob = Shapes { choice: Some(Choice::Blob(Vec::new())), ..Shapes::default() };
    assert_eq!(write(&blob), r#"{"blob":""}"#);
}

#[test]
fn keys_of_maps_are_text() {
    let text = r#"{"byText":{"":"a"},"byFlag":{"true":0.5},"byInt32":{"-1":"AA=="},"byInt64":{"-9":"-9"},"byUint32":{"1":"COLOR_GREY"},"byUint64":{"18446744073709551615":{}}}"#;
    let message: Maps = read(text);
    assert_eq!(message.by_flag[&true], 0.5);
    assert_eq!(write(&message), text);
    for (text, wanted) in [
        (
            r#"{"byFlag":{"yes":1}}"#,
            r#"field "byFlag": expected true or false as a key, got "yes""#,
        ),
        (
            r#"{"byInt32":{"1.0":""}}"#,
            r#"field "byInt32": expected a 32-bit integer as a key, got "1.0""#,
        ),
        (r#"{"byText":{"a":"1","a":"2"}}"#, r#"field "byText[a]": given twice"#),
        (r#"{"byText":{"a":null}}"#, r#"field "byText[a]": expected a string, got null"#),
    ] {
        let said = error::<Maps>(text);
        assert!(said.starts_with(wanted), "{said}");
    }
}

#[test]
fn a_field_may_have_any_json_name() {
    let message = Shapes { renamed: "x".to_owned(), ..Shapes::default() };
    assert_eq!(write(&message), r#"{"quite.other \"name\"":"x"}"#);
    assert_eq!(read::<Shapes>(r#"{"renamed":"x"}"#), message);
    assert_eq!(read::<Shapes>(&write(&message)), message);
}

#[test]
fn proto2_has_presence_and_groups() {
    let mut message: proto2::Old = read(
        r#"{"id":3,"part":{"x":1},"row":[{"old":{"id":4,"must":2}}],"must":"CHOICE_A","left":{"q":0}}"#,
    );
    assert_eq!(message.part.as_ref().unwrap().x(), 1);
    assert_eq!(message.choice(), proto2::Choice::B, "the default of the .proto file");
    message.row.clear();
    assert_eq!(write(&message), r#"{"id":3,"part":{"x":1},"must":"CHOICE_A","left":{"q":0}}"#);
}

#[test]
fn what_is_merged_leaves_the_rest() {
    let mut message: Scalars = read(r#"{"int32Value":1,"boolValue":true}"#);
    message.merge_json(br#"{"int32Value":2}"#).unwrap();
    assert_eq!((message.int32_value, message.bool_value), (2, true));
}

#[test]
fn well_known_types_have_a_form_of_their_own() {
    let text = concat!(
        r#"{"at":"1970-01-01T00:00:01Z","lasts":"1.500s","empty":{},"mask":"aB","object":{"x":1.5},"value":null,"#,
        r#""list":[null],"any":{},"number":"7","text":"t","times":["1970-01-01T00:00:00Z"],"values":[null,true],"#,
        r#""byName":{"n":null},"flags":{"1":false},"nulls":[null],"none":null}"#
    );
    let message: Known = read(text);
    assert_eq!(write(&message), text);
    assert_eq!(message.choice, Some(known::Choice::None(0)));
    let unset: Known = read(r#"{"at":null,"number":null,"text":null,"times":null,"small":null}"#);
    assert_eq!(unset, Known::default());
    let said = error::<Known>(r#"{"times":["1970-01-01T00:00:00Z","now"]}"#);
    assert!(said.starts_with(r#"field "times[1]": expected a time such as "#), "{said}");
    let said = error::<Known>(r#"{"anyValue":null,"small":1}"#);
    assert!(said.contains("another field of its oneof is set"), "{said}");
}

#[test]
fn an_any_holds_what_its_messages_file_declares_or_what_it_is_told() {
    use micro_runtime::json::Types;
    use micro_runtime::wkt::Any;

    let inside = Any::pack(&read::<Moment>(r#"{"lasts":"2s"}"#));
    let message = Texts { any: Some(inside), ..Texts::default() };
    let text = r#"{"any":{"@type":"type.googleapis.com/well_known.Moment","lasts":"2s"}}"#;
    assert_eq!(write(&message), text);
    assert_eq!(read::<Texts>(text), message);

    let foreign = Texts { any: Some(Any::pack(&Nothing {})), ..Texts::default() };
    let mut out = Vec::new();
    let said = foreign.write_json(&mut out).unwrap_err().to_string();
    assert!(said.contains("Any of kinds.Nothing: this type is not known here"), "{said}");
    let types = Types::default().with::<Nothing>();
    let text = r#"{"any":{"@type":"type.googleapis.com/kinds.Nothing"}}"#;
    assert_eq!(types.scope(|| write(&foreign)), text);
    let (codec, mut bytes) = (types.codec(), micro_runtime::codegen::BytesMut::new());
    codec.encode(&foreign, &mut bytes).unwrap();
    let mut back = Texts::default();
    codec.decode(bytes.freeze(), &mut back).unwrap();
    assert_eq!(back, foreign);
    let service = Types::default().with_file(generated::kinds::kinds_micro::SERVICE.file());
    assert_eq!(service.scope(|| write(&foreign)), text);
}

#[test]
fn serde_writes_and_reads_canonical_json() {
    let text = r#"{"doubleValue":"NaN","int64Value":"7","bytesValue":"AQ=="}"#;
    let message: Scalars = serde_json::from_str(text).unwrap();
    assert_eq!(message.int64_value, 7);
    assert_eq!(serde_json::to_string(&message).unwrap(), text);
    let value = serde_json::to_value(&message).unwrap();
    assert_eq!(serde_json::from_value::<Scalars>(value).unwrap().bytes_value, [1]);
    let said = serde_json::from_str::<Scalars>(r#"{"int64Value":"x"}"#).unwrap_err().to_string();
    assert!(said.starts_with(r#"field "int64Value": expected a 64-bit integer"#), "{said}");
}

#[test]
fn unknown_names_of_enums_are_errors_or_left_out() {
    let text =
        r#"{"maybeColor":"COLOR_NEW","colors":["COLOR_GREY","COLOR_NEW"],"color":"COLOR_NEW"}"#;
    assert!(error::<Shapes>(text).contains("expected a name or number of the enum"));
    let lenient = micro_runtime::json::Types::default().leaving_out_unknown_names();
    let message: Shapes = lenient.scope(|| read(text));
    assert_eq!(message, Shapes { colors: vec![1], ..Shapes::default() });
    let maps: Maps = lenient.scope(|| read(r#"{"byUint32":{"1":"COLOR_NEW","2":"COLOR_GREY"}}"#));
    assert_eq!(maps.by_uint32, [(2, 1)].into());
}
