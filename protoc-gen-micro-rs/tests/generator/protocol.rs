//! How the program behaves towards protoc, and towards people who run it by hand.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use prost::Message;
use protoc_gen_micro_rs::{OPTIONS, Request, Response, answer, tree};

use crate::support::cases;

/// Runs the program with these arguments and this input.
fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_protoc-gen-micro-rs"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended already, when it was given an argument.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
fn garbage_is_refused_with_a_hint() {
    for (input, why) in
        [(&b"hello\n"[..], "no request of protoc"), (b"", "nothing on standard input")]
    {
        let output = run(&[], input);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(why), "{said}");
        assert!(said.contains("protoc --micro-rs_out=DIR"), "{said}");
    }
}

#[test]
fn the_version_and_every_option_can_be_asked_for() {
    let version = run(&["--version"], b"");
    let wanted = format!("protoc-gen-micro-rs {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(version.stdout).unwrap(), wanted);
    let help = String::from_utf8(run(&["--help"], b"").stdout).unwrap();
    for option in OPTIONS {
        assert!(help.contains(option.name), "{}", option.name);
    }
    let unknown = run(&["--nonsense"], b"");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("--nonsense"));
}

#[test]
fn an_unknown_option_is_answered_with_the_known_ones() {
    let request = Request { parameter: Some("cleint=false".to_owned()), ..Request::default() };
    let output = run(&[], &request.encode_to_vec());
    assert!(output.status.success(), "mistakes are told in the answer");
    let error = Response::decode(&*output.stdout).unwrap().error.unwrap();
    assert!(error.starts_with("unknown option \"cleint\"; known are boxed, "), "{error}");
}

#[test]
fn every_answer_says_what_is_supported() {
    for parameter in ["", "nonsense"] {
        let request = Request { parameter: Some(parameter.to_owned()), ..Request::default() };
        let response = answer(&request).response;
        assert_eq!(response.supported_features, Some(3));
        assert_eq!(response.minimum_edition, Some(998));
        assert!(response.maximum_edition >= Some(999));
    }
}

#[test]
fn a_request_that_contradicts_itself_is_told_so() {
    let file_to_generate = vec!["a.proto".to_owned()];
    let request = Request { file_to_generate, ..Request::default() };
    let error = answer(&request).response.error.unwrap();
    assert_eq!(error, "a.proto: protoc sent no descriptor of this file");
    let proto_file = vec![b"no descriptor".to_vec()];
    let error = answer(&Request { proto_file, ..Request::default() }).response.error.unwrap();
    assert!(error.contains("a file descriptor that is none"), "{error}");
}

#[test]
fn what_no_protoc_sends_is_told_so() {
    let field = prost_types::FieldDescriptorProto {
        name: Some("a".to_owned()),
        r#type: Some(11),
        label: Some(1),
        type_name: Some("no_dot_in_front".to_owned()),
        ..Default::default()
    };
    let file = prost_types::FileDescriptorProto {
        name: Some("a.proto".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![prost_types::DescriptorProto {
            name: Some("M".to_owned()),
            field: vec![field],
            ..Default::default()
        }],
        ..Default::default()
    };
    let request = Request {
        file_to_generate: vec!["a.proto".to_owned()],
        proto_file: vec![file.encode_to_vec()],
        ..Request::default()
    };
    let response = answer(&request).response;
    let wanted =
        "a.proto: field a: \"no_dot_in_front\" is no message; protoc sends no such descriptor";
    assert_eq!(response.error.as_deref(), Some(wanted));
}

#[test]
fn what_looks_wrong_is_said_beside_an_answer() {
    let case = cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/cases"))
        .into_iter()
        .find(|case| case.name == "http_shadows")
        .unwrap();
    let output = run(&[], &case.request().unwrap().encode_to_vec());
    let said = String::from_utf8(output.stderr).unwrap();
    let first = "warning: http_shadows/main.proto:10:7: HTTP path \"/v1/{left}\": GET of this path goes to S.R0 already";
    assert!(said.starts_with(first), "{said}");
    assert_eq!(said.lines().count(), 4, "{said}");
    assert_eq!(Response::decode(&*output.stdout).unwrap().error, None);
}

#[test]
fn the_tree_has_what_the_generator_wrote_and_nothing_else() {
    let ours =
        "// @generated by protoc-gen-micro-rs 0.0.9. Do not edit.\n// package: a.b\n\nfn x() {}\n";
    let (others, later) =
        ("// package: c\n", ours.replace("// package: a.b\n\n", "\n// package: d\n"));
    let files = [("x/a.micro.rs", ours), ("mod.rs", others), ("d.rs", &later)];
    let text = tree(files);
    assert!(
        text.contains("pub mod a {\n") && text.contains("include!(\"x/a.micro.rs\");"),
        "{text}"
    );
    assert!(!text.contains("mod c") && !text.contains("mod d"), "{text}");
}
