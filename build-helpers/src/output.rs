//! From descriptors to files, and to the lines that tell cargo when to run again.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use prost::Message;
use protoc_gen_micro_rs::{OutputFile, Request, respond};

use crate::inputs::Inputs;
use crate::{Error, shared};

/// `google.protobuf.FileDescriptorSet`, each file still encoded.
#[derive(Clone, PartialEq, prost::Message)]
struct FileSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// The names in a `google.protobuf.FileDescriptorProto`.
#[derive(Clone, PartialEq, prost::Message)]
struct FileName {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    package: String,
}

/// The question that protoc would put to the plugin.
///
/// Code is generated for what is imported too, unless `is_foreign` says, by a file's name and package, that another
/// crate holds it.
pub(crate) fn request(
    inputs: &Inputs,
    descriptors: &[u8],
    parameter: String,
    is_foreign: impl Fn(&str, &str) -> bool,
) -> Result<Request, Error> {
    let unreadable =
        |error: prost::DecodeError| Error::new(format!("cannot read what protoc wrote: {error}"));
    let set = FileSet::decode(descriptors).map_err(unreadable)?;
    let named: BTreeSet<_> =
        inputs.protos.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let mut generate = Vec::new();
    for encoded in &set.file {
        let FileName { name, package } = FileName::decode(&**encoded).map_err(unreadable)?;
        let path = inputs.find(&name).and_then(|path| path.canonicalize().ok());
        let is_named = path.as_ref().is_some_and(|path| named.contains(path));
        let is_import = path.is_some() && !shared::is_shared(&name);
        if is_named || (is_import && !is_foreign(&name, &package)) {
            generate.push(name);
        }
    }
    generate.sort();
    Ok(Request { file_to_generate: generate, parameter: Some(parameter), proto_file: set.file })
}

/// Generates; mistakes name paths that can be opened.
pub(crate) fn generate(inputs: &Inputs, request: &Request) -> Result<Vec<OutputFile>, Error> {
    let response = respond(request);
    match response.error {
        Some(error) => Err(Error::new(inputs.locate(&error))),
        None => Ok(response.file),
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
    let names = request.proto_file.iter().filter_map(|file| FileName::decode(&**file).ok());
    let read = names.filter_map(|file| inputs.find(&file.name));
    let mut paths: BTreeSet<PathBuf> = read.collect();
    paths.extend(inputs.watched.iter().filter(|folder| folder.exists()).cloned());
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
            |name: &str| FileName { name: name.to_owned(), ..FileName::default() }.encode_to_vec();
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
