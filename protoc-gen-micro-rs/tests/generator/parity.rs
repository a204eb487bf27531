//! Both front ends print the same bytes, whatever the order of what goes in.

use std::collections::BTreeMap;
use std::fs;

use prost::Message;
use protoc_gen_micro_rs::{OutputFile, Request, respond};

use crate::support::{cases, golden, inputs, plugin, protoc, read};

/// `google.protobuf.FileDescriptorSet`.
#[derive(Clone, PartialEq, prost::Message)]
struct FileSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

#[test]
fn the_plugin_and_build_rs_write_the_same_bytes() {
    for case in cases() {
        let Ok(from_plugin) = plugin(&case) else { continue };
        let out = tempfile::tempdir().unwrap();
        assert_eq!(build(&case, out.path()), Ok(()), "{case}");
        let mut from_build = read(out.path());
        if inputs(&case).1.contains("extern_path") {
            // build.rs generates what is imported too; an extern_path says that there is nothing in it.
            from_build.retain(|name, _| name != "mod.rs" && from_plugin.contains_key(name));
            assert!(from_build.iter().all(|(name, text)| from_plugin[name] == *text), "{case}");
            continue;
        }
        assert!(from_plugin == from_build, "{case}: {:?}", from_build.keys());
    }
}

fn build(case: &str, out: &std::path::Path) -> Result<(), String> {
    let (protos, options) = inputs(case);
    let mut builder = micro_build::configure().out_dir(out);
    for option in options.split(',').filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap();
        builder = match name {
            "client" => builder.client(value == "true"),
            "server" => builder.server(value == "true"),
            "json" => builder.json(value == "true"),
            "descriptors" => builder.descriptors(value),
            "runtime_path" => builder.runtime_path(value),
            "extern_path" => {
                let (proto, rust) = value.split_once('=').unwrap();
                builder.extern_path(proto, rust)
            }
            other => panic!("{other} is no option of the builder"),
        };
    }
    let protos = protos.iter().map(|proto| golden().join(proto));
    builder.compile(protos, [golden()]).map_err(|error| error.to_string())
}

#[test]
fn the_order_of_the_input_does_not_show() {
    for case in cases() {
        let Some(mut request) = request(&case) else { continue };
        let first = output(respond(&request).file);
        for turn in 0..5 {
            let files = request.proto_file.len();
            request.proto_file.rotate_left((turn + 1) % files);
            request.file_to_generate.reverse();
            assert!(first == output(respond(&request).file), "{case}");
        }
    }
}

/// The request that protoc would send; `None` if the files are wrong.
fn request(case: &str) -> Option<Request> {
    let set = tempfile::NamedTempFile::new().unwrap();
    let (protos, options) = inputs(case);
    let status = protoc()
        .args(["--include_imports", "--include_source_info", "-o"])
        .arg(set.path())
        .args(&protos)
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    if !status.success() {
        return None;
    }
    let set = FileSet::decode(&*fs::read(set.path()).unwrap()).unwrap();
    let (parameter, proto_file) = (Some(options), set.file);
    Some(Request { file_to_generate: protos, parameter, proto_file })
}

fn output(files: Vec<OutputFile>) -> BTreeMap<String, String> {
    files.into_iter().map(|file| (file.name.unwrap(), file.content.unwrap())).collect()
}
