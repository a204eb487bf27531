//! The runtime's descriptors of shared files are what protoc makes of them: `UPDATE_GOLDEN=1` writes them anew.

use std::path::{Path, PathBuf};
use std::process::Command;

use prost::Message;

const FILES: &[&str] = &[
    "google/api/annotations.proto",
    "google/api/http.proto",
    "google/protobuf/any.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/wrappers.proto",
    "micro/options.proto",
];

/// `google.protobuf.FileDescriptorSet`.
#[derive(Clone, PartialEq, prost::Message)]
struct FileSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

#[test]
fn the_runtime_has_what_protoc_makes_of_the_shared_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../micro-runtime/src/codegen/files");
    let is_updating = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differ = Vec::new();
    for file in FILES {
        let path = folder.join(file.trim_end_matches(".proto").replace('/', ".") + ".bin");
        let wanted = descriptor(file);
        if std::fs::read(&path).ok().as_deref() != Some(&*wanted) {
            differ.push(*file);
            if is_updating {
                std::fs::write(&path, wanted).unwrap();
            }
        }
    }
    assert!(differ.is_empty(), "{differ:?} differ; UPDATE_GOLDEN=1 accepts them");
}

fn descriptor(file: &str) -> Vec<u8> {
    let set = tempfile::NamedTempFile::new().unwrap();
    let proto: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let mut protoc = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap());
    let status = protoc.arg("-I").arg(proto).arg("-o").arg(set.path()).arg(file).status().unwrap();
    assert!(status.success());
    FileSet::decode(&*std::fs::read(set.path()).unwrap()).unwrap().file.remove(0)
}
