//! `.proto` files and options that the generator cannot take.

use std::fs;

use micro_build::{Builder, configure};
use protoc_gen_micro_rs::{Request, answer};

use crate::table::Table;

/// What was done wrong, the line that is wrong, and the file around it.
const FILES: [(&str, &str, &str); 9] = [
    ("forgot an equals sign", "string name 1;", "message M {\n  string name 1;\n}"),
    ("misspelt a type", "strin name = 1;", "message M {\n  strin name = 1;\n}"),
    ("imported what is not there", r#"import "p/other.proto";"#, r#"import "p/other.proto";"#),
    (
        "chose names that are one in Rust",
        "message FooBar … message foo_bar …",
        "message FooBar {}\nmessage foo_bar {}",
    ),
    (
        "chose rpcs that are one in Rust",
        "rpc GetFoo … rpc get_foo …",
        "message M {}\nservice S {\n  rpc GetFoo(M) returns (M);\n  rpc get_foo(M) returns (M);\n}",
    ),
    (
        "named a field in an HTTP path that is not there",
        r#"get: "/v1/hello/{nobody}""#,
        "import \"google/api/annotations.proto\";\nmessage M {}\nservice S {\n  \
         rpc A(M) returns (M) { option (google.api.http) = { get: \"/v1/hello/{nobody}\" }; }\n}",
    ),
    (
        "began an HTTP path without a slash",
        r#"get: "v1/hello""#,
        "import \"google/api/annotations.proto\";\nmessage M {}\nservice S {\n  \
         rpc A(M) returns (M) { option (google.api.http) = { get: \"v1/hello\" }; }\n}",
    ),
    (
        "gave two messages one topic",
        r#"option (micro.topic) = { name: "greeted" };"#,
        "import \"micro/options.proto\";\n\
         message A { option (micro.topic) = { name: \"greeted\" }; }\n\
         message B { option (micro.topic) = { name: \"greeted\" }; }",
    ),
    (
        "put a list into an HTTP path",
        r#"get: "/v1/{names}""#,
        "import \"google/api/annotations.proto\";\nmessage M { repeated string names = 1; }\nservice S {\n  \
         rpc A(M) returns (M) { option (google.api.http) = { get: \"/v1/{names}\" }; }\n}",
    ),
];

pub(crate) fn rows(table: &mut Table) {
    table.section("`build.rs` and `.proto` files");
    for (wrong, how, proto) in FILES {
        table.row(wrong, how, failure(configure(), proto, "proto/*.proto", "proto"));
    }
    for (wrong, protos, include) in [
        ("named files that are not there", "proto/*.protos", "proto"),
        ("named a file that is not there", "proto/q.proto", "proto"),
        ("named a folder that is not there", "proto/*.proto", "protos"),
        ("included another folder", "proto/p.proto", "other"),
    ] {
        let how = format!("compile([{protos:?}], [{include:?}])");
        table.row(wrong, &how, failure(configure(), "", protos, include));
    }
    let built = |builder| failure(builder, "", "proto/*.proto", "proto");
    let error = built(configure().protoc("/no/protoc"));
    table.row("named a protoc that is not there", r#"configure().protoc("/no/protoc")"#, error);

    let error = built(configure().extern_path("acme.types", "::acme"));
    let how = r#"configure().extern_path("acme.types", "::acme")"#;
    table.row("misspelt a type's path", how, error);

    let error = built(configure().descriptors("some"));
    table.row("chose what an option lacks", r#"configure().descriptors("some")"#, error);

    let parameter = Some("cleint=false".to_owned());
    let request = Request { parameter, ..Request::default() };
    let error = answer(&request).response.error.unwrap_or_default();
    table.row("misspelt an option", "protoc --micro-rs_opt=cleint=false", error);
}

/// What cargo prints behind `Error: ` for a project with one `.proto` file.
fn failure(builder: Builder, proto: &str, protos: &str, include: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for name in ["proto", "other", "out"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let text = format!("syntax = \"proto3\";\npackage p;\n{proto}\n");
    fs::write(folder.path().join("proto/p.proto"), text).unwrap();
    let builder = builder.out_dir(folder.path().join("out"));
    let built = builder.compile([folder.path().join(protos)], [folder.path().join(include)]);
    format!("{:?}", built.unwrap_err()).replace(&format!("{}/", folder.path().display()), "")
}
