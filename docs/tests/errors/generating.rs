//! `.proto` files and options that the generator cannot take.

use std::fs;

use micro_build::{Builder, configure};
use protoc_gen_micro_rs::{Request, respond};

use crate::table::Table;

pub(crate) async fn rows(table: &mut Table) {
    table.section("`build.rs` and `.proto` files");
    let wrong: [(&str, &str, &str); 9] = [
        ("forgot an equals sign", "string name 1;", "message M {\n  string name 1;\n}"),
        ("misspelt a type", "strin name = 1;", "message M {\n  strin name = 1;\n}"),
        (
            "imported a file that is not there",
            r#"import "p/other.proto";"#,
            "import \"p/other.proto\";",
        ),
        (
            "chose names that are one in Rust",
            "message FooBar {} message foo_bar {}",
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
            "import \"google/api/annotations.proto\";\nmessage M { string name = 1; }\nservice S {\n  \
             rpc Hello(M) returns (M) {\n    option (google.api.http) = { get: \"/v1/hello/{nobody}\" };\n  }\n}",
        ),
        (
            "began an HTTP path without a slash",
            r#"get: "v1/hello""#,
            "import \"google/api/annotations.proto\";\nmessage M {}\nservice S {\n  \
             rpc Hello(M) returns (M) {\n    option (google.api.http) = { get: \"v1/hello\" };\n  }\n}",
        ),
        (
            "gave two messages one topic",
            r#"option (micro.topic) = { name: "greeted" };"#,
            "import \"micro/options.proto\";\nmessage A {\n  option (micro.topic) = { name: \"greeted\" };\n}\n\
             message B {\n  option (micro.topic) = { name: \"greeted\" };\n}",
        ),
        (
            "used one of protobuf's rarer types",
            "google.protobuf.Api api = 1;",
            "import \"google/protobuf/api.proto\";\nmessage M {\n  google.protobuf.Api api = 1;\n}",
        ),
    ];
    for (wrong, how, proto) in wrong {
        table
            .row(wrong, how, async { failure(configure(), proto, "proto/**/*.proto", "proto") })
            .await;
    }
    inputs(table).await;
}

async fn inputs(table: &mut Table) {
    let build = |builder: Builder| failure(builder, "", "proto/**/*.proto", "proto");
    table
        .row(
            "named files that are not there",
            r#"compile(["proto/**/*.protos"], ["proto"])"#,
            async { failure(configure(), "", "proto/**/*.protos", "proto") },
        )
        .await;
    table
        .row(
            "named a folder that is not there",
            r#"compile(["proto/**/*.proto"], ["protos"])"#,
            async { failure(configure(), "", "proto/**/*.proto", "protos") },
        )
        .await;
    table
        .row(
            "included a folder that is too deep or too far",
            r#"compile(["proto/p.proto"], ["other"])"#,
            async { failure(configure(), "", "proto/p.proto", "other") },
        )
        .await;
    table
        .row("named a protoc that is not there", r#"configure().protoc("/no/protoc")"#, async {
            build(configure().protoc("/no/protoc"))
        })
        .await;
    table
        .row(
            "misspelt a type's path",
            r#"configure().extern_path("acme.types", "::acme")"#,
            async { build(configure().extern_path("acme.types", "::acme")) },
        )
        .await;
    table
        .row(
            "chose a value that an option does not have",
            r#"configure().descriptors("some")"#,
            async { build(configure().descriptors("some")) },
        )
        .await;
    table
        .row("misspelt an option of the plugin", "protoc --micro-rs_opt=cleint=false", async {
            let parameter = Some("cleint=false".to_owned());
            respond(&Request { parameter, ..Request::default() }).error.unwrap_or_default()
        })
        .await;
}

/// What cargo prints behind `Error: ` for a project with one `.proto` file.
fn failure(builder: Builder, proto: &str, pattern: &str, include: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for name in ["proto", "other", "out"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let text = format!("syntax = \"proto3\";\npackage p;\n{proto}\n");
    fs::write(folder.path().join("proto/p.proto"), text).unwrap();
    let builder = builder.out_dir(folder.path().join("out"));
    let built = builder.compile([folder.path().join(pattern)], [folder.path().join(include)]);
    format!("{:?}", built.unwrap_err()).replace(&format!("{}/", folder.path().display()), "")
}
