//! Generates code for the cases of the generator's own tests.

fn main() -> Result<(), micro_build::Error> {
    let golden = "../../../../protoc-gen-micro-rs/tests/golden";
    let cases = [
        "comments",
        "deprecated",
        "details",
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
    micro_build::compile(protos, [golden])?;
    with_options()
}

/// The same for a case with many options, in a folder of its own.
fn with_options() -> Result<(), micro_build::Error> {
    let corpus = "../../../../protoc-gen-micro-rs/tests/corpus/cases";
    let out =
        std::path::Path::new(&std::env::var_os("OUT_DIR").expect("cargo sets it")).join("options");
    micro_build::configure()
        .out_dir(out)
        .bytes(".")
        .btree_map(".")
        .boxed(".t.M.inner")
        .rename(".t.M", "Message")
        .rename(".t.S.Get", "fetch")
        .layout("file")
        .descriptors("lean")
        .strict_handlers(true)
        .message_attribute(".t.In", "#[must_use]")
        .compile([format!("{corpus}/option_bytes/main.proto")], [corpus])
}
