//! Generates code for the cases of the generator's own tests.

fn main() -> Result<(), micro_build::Error> {
    let golden = "../../../../protoc-gen-micro-rs/tests/golden";
    let cases = [
        "comments",
        "deprecated",
        "editions",
        "kinds",
        "messages_only",
        "names",
        "packages",
        "plain",
        "proto2",
        "well_known",
    ];
    let protos = cases.map(|case| format!("{golden}/{case}/*.proto"));
    micro_build::compile(protos, [golden])
}
