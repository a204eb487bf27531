//! The JSON of well-known types, and their conversions.

use std::time::{Duration as StdDuration, SystemTime, UNIX_EPOCH};

use super::*;

fn write(message: &impl Payload) -> String {
    let mut text = Vec::new();
    message
        .write_json(&mut text)
        .map_or_else(|error| error.to_string(), |()| String::from_utf8(text).unwrap())
}

fn read<M: Payload + Default>(text: &str) -> Result<M, String> {
    let mut message = M::default();
    message.merge_json(text.as_bytes()).map_err(|error| error.to_string())?;
    Ok(message)
}

fn goes_there_and_back<M: Payload + Default + PartialEq>(message: &M, text: &str) {
    assert_eq!(write(message), text);
    assert_eq!(read::<M>(text).unwrap(), *message);
}

#[test]
fn times_are_dates() {
    let at = |seconds, nanos| Timestamp { seconds, nanos };
    goes_there_and_back(&at(0, 0), r#""1970-01-01T00:00:00Z""#);
    goes_there_and_back(&at(63_108_020, 21_000_000), r#""1972-01-01T10:00:20.021Z""#);
    goes_there_and_back(&at(951_782_399, 1_000), r#""2000-02-28T23:59:59.000001Z""#);
    goes_there_and_back(&at(951_782_400, 1), r#""2000-02-29T00:00:00.000000001Z""#);
    goes_there_and_back(&at(-1, 999_000_000), r#""1969-12-31T23:59:59.999Z""#);
    goes_there_and_back(&at(-62_135_596_800, 0), r#""0001-01-01T00:00:00Z""#);
    goes_there_and_back(&at(253_402_300_799, 999_999_999), r#""9999-12-31T23:59:59.999999999Z""#);
    assert_eq!(read(r#""1970-01-01T01:30:00.5+01:30""#), Ok(at(0, 500_000_000)));
    assert_eq!(read(r#""1969-12-31T16:00:00-08:00""#), Ok(at(0, 0)));
    assert!(write(&at(253_402_300_800, 0)).contains("out of range"));
    assert!(write(&at(0, -1)).contains("out of range"));
    for text in [
        "2021-02-29T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01t00:00:00Z",
        "1970-01-01T00:00:00",
        "1970-1-01T00:00:00Z",
        "1970-01-01T00:00:00.Z",
        "0000-12-31T00:00:00Z",
        "é",
        "",
    ] {
        let error = read::<Timestamp>(&format!("{text:?}")).unwrap_err();
        assert!(error.starts_with("expected a time such as"), "{text}: {error}");
    }
}

#[test]
fn every_day_of_four_centuries_comes_back() {
    for day in -146_097..146_097 {
        let time = Timestamp { seconds: day * 86_400, nanos: 0 };
        assert_eq!(read(&write(&time)), Ok(time));
    }
}

#[test]
fn durations_are_seconds() {
    let span = |seconds, nanos| Duration { seconds, nanos };
    goes_there_and_back(&span(0, 0), r#""0s""#);
    goes_there_and_back(&span(1, 340_012), r#""1.000340012s""#);
    goes_there_and_back(&span(0, -500_000_000), r#""-0.500s""#);
    goes_there_and_back(&span(-315_576_000_000, -1_000), r#""-315576000000.000001s""#);
    assert_eq!(read(r#""1.5s""#), Ok(span(1, 500_000_000)));
    assert!(write(&span(1, -1)).contains("out of range"));
    for text in ["1", "s", "1.s", "+1s", ".5s", "1.0000000001s", "315576000001s", "--1s"] {
        assert!(read::<Duration>(&format!("{text:?}")).is_err(), "{text}");
    }
}

#[test]
fn wrappers_are_what_they_hold() {
    goes_there_and_back(&Int64Value::from(-7), r#""-7""#);
    goes_there_and_back(&BoolValue::from(false), "false");
    goes_there_and_back(&BytesValue::from(vec![255]), r#""/w==""#);
    goes_there_and_back(&FloatValue::from(f32::INFINITY), r#""Infinity""#);
    goes_there_and_back(&Empty {}, "{}");
}

#[test]
fn values_are_any_json() {
    let text = r#"{"a":[1.5,"x",true,null,{}]}"#;
    let message: Struct = read(text).unwrap();
    assert_eq!(write(&message), text);
    assert_eq!(read::<Value>("null").unwrap().kind, Some(value::Kind::NullValue(0)));
    assert!(write(&Value::default()).contains("holds nothing"));
    assert!(write(&Value::from(value::Kind::NumberValue(f64::NAN))).contains("finite"));
    assert!(read::<ListValue>("{}").unwrap_err().contains("expected an array"));
    assert!(read::<Struct>(r#"{"a":1,"a":2}"#).unwrap_err().contains("twice"));
}

#[test]
fn masks_are_names_in_camel_case() {
    let mask =
        |paths: &[&str]| FieldMask { paths: paths.iter().map(|&path| path.to_owned()).collect() };
    goes_there_and_back(&mask(&["name", "home_address.zip_code"]), r#""name,homeAddress.zipCode""#);
    goes_there_and_back(&mask(&[]), r#""""#);
    assert!(write(&mask(&["Name"])).contains("would not come back"));
    assert!(write(&mask(&["a__b"])).contains("would not come back"));
    assert!(read::<FieldMask>(r#""a_b""#).is_err());
}

#[test]
fn any_packs_and_unpacks() {
    let packed = Any::pack(&Int32Value::from(3));
    assert_eq!(packed.type_url, "type.googleapis.com/google.protobuf.Int32Value");
    assert_eq!(packed.unpack::<Int32Value>().unwrap(), Some(Int32Value::from(3)));
    assert_eq!(packed.unpack::<Empty>().unwrap(), None);
    goes_there_and_back(&Any::default(), "{}");
}

#[test]
fn an_any_in_json_names_its_type() {
    let url = "type.googleapis.com/google.protobuf";
    let packed = Any::pack(&Int32Value::from(3));
    goes_there_and_back(&packed, &format!(r#"{{"@type":"{url}.Int32Value","value":3}}"#));
    let twice =
        format!(r#"{{"@type":"{url}.Any","value":{{"@type":"{url}.Int32Value","value":3}}}}"#);
    goes_there_and_back(&Any::pack(&packed), &twice);
    goes_there_and_back(&Any::pack(&Empty {}), &format!(r#"{{"@type":"{url}.Empty"}}"#));
    let nothing = Any::pack(&Any::default());
    goes_there_and_back(&nothing, &format!(r#"{{"@type":"{url}.Any","value":{{}}}}"#));
    let late = format!(r#"{{"value":"1s","@type":"{url}.Duration"}}"#);
    assert_eq!(read(&late), Ok(Any::pack(&Duration { seconds: 1, nanos: 0 })));
}

#[test]
fn an_any_that_cannot_be_read_says_why() {
    let error = |text: &str| read::<Any>(text).unwrap_err();
    assert!(error(r#"{"a":1}"#).contains(r#"needs the name of its type as "@type""#));
    assert!(error(r#"{"@type":"Duration"}"#).contains("no type such as type.googleapis.com/"));
    assert!(
        error(r#"{"@type":"x/none.Known"}"#).contains("Any of none.Known: this type is not known")
    );
    let url = "type.googleapis.com/google.protobuf.Duration";
    assert!(error(&format!(r#"{{"@type":"{url}"}}"#)).contains(r#"expected "value""#));
    assert!(error(&format!(r#"{{"@type":"{url}","value":"x"}}"#)).contains("a duration such as"));
    assert!(
        error(&format!(r#"{{"@type":"{url}","value":"1s","more":1}}"#)).contains("no other field")
    );
    assert!(error(r#"{"@type":"a/b","@type":"a/b"}"#).contains("given twice"));
    let broken = Any { type_url: url.to_owned(), value: vec![0xff] };
    assert!(write(&broken).starts_with(url));
    assert!(write(&Any { value: vec![1], ..Any::default() }).contains("is no type such as"));
}

#[cfg(feature = "prost-types")]
#[test]
fn the_types_of_prost_convert_both_ways() {
    let at = Timestamp { seconds: 1, nanos: 2 };
    assert_eq!(Timestamp::from(prost_types::Timestamp::from(at)), at);
    let span = Duration { seconds: -1, nanos: -2 };
    assert_eq!(Duration::from(prost_types::Duration::from(span)), span);
    let any = Any::pack(&at);
    assert_eq!(Any::from(prost_types::Any::from(any.clone())), any);
    let mask = FieldMask { paths: vec!["a.b".to_owned()] };
    assert_eq!(FieldMask::from(prost_types::FieldMask::from(mask.clone())), mask);
    let object: Struct = read(r#"{"a":[1,"b",null,true,{"c":{}}]}"#).unwrap();
    assert_eq!(Struct::from(prost_types::Struct::from(object.clone())), object);
    let nothing: () = Empty {}.into();
    assert_eq!(Empty::from(nothing), Empty {});
    assert_eq!(String::from(StringValue::from("x".to_owned())), "x");
}

#[test]
fn times_of_the_standard_library_convert() {
    for time in
        [UNIX_EPOCH, UNIX_EPOCH + StdDuration::new(5, 7), UNIX_EPOCH - StdDuration::new(5, 7)]
    {
        let timestamp = Timestamp::from(time);
        assert!((0..1_000_000_000).contains(&timestamp.nanos));
        assert_eq!(SystemTime::try_from(timestamp).unwrap(), time);
    }
    let span = StdDuration::new(1, 2);
    assert_eq!(StdDuration::try_from(Duration::from(span)).unwrap(), span);
    assert!(StdDuration::try_from(Duration { seconds: -1, nanos: 0 }).is_err());
}
