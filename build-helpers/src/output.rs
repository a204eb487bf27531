//! From descriptors to files, and to the lines that tell cargo when to run again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use prost::Message;
use protoc_gen_micro_rs::{OutputFile, Request, answer};

use crate::Error;
use crate::inputs::Inputs;

/// `google.protobuf.FileDescriptorSet`, each file still encoded.
#[derive(Clone, PartialEq, prost::Message)]
struct FileSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// What a `google.protobuf.FileDescriptorProto` says of its place among others.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FileHead {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) package: String,
    #[prost(string, repeated, tag = "3")]
    pub(crate) dependency: Vec<String>,
}

/// The files of an encoded descriptor set, each still encoded.
pub(crate) fn files(descriptors: &[u8]) -> Result<Vec<(FileHead, Vec<u8>)>, prost::DecodeError> {
    let set = FileSet::decode(descriptors)?;
    set.file.into_iter().map(|file| Ok((FileHead::decode(&*file)?, file))).collect()
}

/// The question that protoc would put to the plugin, about the files that `is_wanted` names.
pub(crate) fn request(
    files: Vec<(FileHead, Vec<u8>)>,
    parameter: String,
    is_wanted: impl Fn(&FileHead) -> bool,
) -> Request {
    let wanted = files.iter().filter(|(head, _)| is_wanted(head));
    let mut generate: Vec<_> = wanted.map(|(head, _)| head.name.clone()).collect();
    generate.sort();
    let proto_file = files.into_iter().map(|(_, encoded)| encoded).collect();
    Request { file_to_generate: generate, parameter: Some(parameter), proto_file }
}

/// Generates; mistakes name paths that can be opened.
pub(crate) fn generate(inputs: &Inputs, request: &Request) -> Result<Vec<OutputFile>, Error> {
    let answer = answer(request);
    for warning in answer.warnings {
        println!("cargo:warning={}", inputs.locate(&warning));
    }
    match answer.response.error {
        Some(error) => Err(Error::new(inputs.locate(&error))),
        None => Ok(answer.response.file),
    }
}

/// Writes what changed: a file that stays as it was makes nothing be compiled again.
pub(crate) fn write(folder: &Path, files: &[OutputFile]) -> Result<(), Error> {
    for file in files {
        let (name, content) = (file.name.as_deref(), file.content.as_deref());
        let path = folder.join(name.unwrap_or_default());
        write_changed(&path, content.unwrap_or_default().as_bytes())
            .map_err(|error| Error::new(format!("cannot write {}: {error}", path.display())))?;
    }
    Ok(())
}

fn write_changed(path: &Path, content: &[u8]) -> std::io::Result<()> {
    if std::fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    std::fs::create_dir_all(path.parent().unwrap_or(path))?;
    std::fs::write(path, content)
}

/// The lines for cargo: files that were read and exist, folders of patterns, and `$PROTOC`.
pub(crate) fn rerun_lines(inputs: &Inputs, request: &Request) -> Vec<String> {
    let heads = request.proto_file.iter().filter_map(|file| FileHead::decode(&**file).ok());
    let read = heads.filter_map(|head| inputs.find(&head.name));
    let mut paths: BTreeSet<PathBuf> = read.collect();
    paths.extend(inputs.watched.iter().filter(|path| path.exists()).cloned());
    let paths = paths.iter().map(|path| format!("cargo:rerun-if-changed={}", path.display()));
    paths.chain(["cargo:rerun-if-env-changed=PROTOC".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_told_of_what_was_read_and_exists() {
        let folder = tempfile::tempdir().unwrap();
        let proto = |name: &str| folder.path().join(name);
        std::fs::write(proto("a.proto"), "").unwrap();
        std::fs::write(proto("b.proto"), "").unwrap();
        let (protos, includes) = (vec![proto("a.proto")], vec![folder.path().to_owned()]);
        let watched = vec![folder.path().to_owned(), proto("missing")];
        let inputs = Inputs { protos, includes, watched };
        let file =
            |name: &str| FileHead { name: name.to_owned(), ..FileHead::default() }.encode_to_vec();
        let proto_file = vec![file("a.proto"), file("b.proto"), file("google/api/http.proto")];
        let request = Request { proto_file, ..Request::default() };
        let changed = |path: &Path| format!("cargo:rerun-if-changed={}", path.display());
        let wanted = [
            changed(folder.path()),
            changed(&proto("a.proto")),
            changed(&proto("b.proto")),
            "cargo:rerun-if-env-changed=PROTOC".to_owned(),
        ];
        assert_eq!(rerun_lines(&inputs, &request), wanted);
    }
}
