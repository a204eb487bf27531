//! What mutations start from: the generator's corpus and golden files, as protoc sends them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use prost::Message;
use protoc_gen_micro_rs::Request;

/// A folder of `.proto` files, in a folder that imports start from.
#[derive(Clone, Debug)]
pub struct Case {
    /// The folder that imports start from.
    pub root: PathBuf,
    /// The files, relative to it.
    pub protos: Vec<PathBuf>,
    /// The generator's parameter.
    pub options: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct FileSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// All cases, in the order of their names.
///
/// # Panics
/// If the repository's files cannot be read.
#[must_use]
pub fn cases() -> Vec<Case> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protoc-gen-micro-rs/tests");
    ["corpus/cases", "golden"].iter().flat_map(|folder| cases_in(&tests.join(folder))).collect()
}

fn cases_in(root: &Path) -> Vec<Case> {
    let mut folders = entries(root);
    folders.retain(|path| path.is_dir());
    let case = |folder: PathBuf| {
        let inside = |path: PathBuf| path.strip_prefix(root).expect("it is in it").to_owned();
        let options = fs::read_to_string(folder.join("options")).unwrap_or_default();
        Case {
            root: root.to_owned(),
            protos: protos(&folder).into_iter().map(inside).collect(),
            options: options.trim().to_owned(),
        }
    };
    folders.into_iter().map(case).collect()
}

fn protos(folder: &Path) -> Vec<PathBuf> {
    let is_proto = |path: &Path| path.extension().is_some_and(|extension| extension == "proto");
    let in_entry = |path: PathBuf| match path.is_dir() {
        true => protos(&path),
        false => Some(path).filter(|path| is_proto(path)).into_iter().collect(),
    };
    entries(folder).into_iter().flat_map(in_entry).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the repository is whole");
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

impl Case {
    /// What protoc sends for it; `None` if protoc minds something.
    ///
    /// # Panics
    /// If no protoc runs here.
    #[must_use]
    pub fn request(&self) -> Option<Vec<u8>> {
        let set = tempfile::NamedTempFile::new().expect("files can be written");
        let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
        let protoc = protoc_bin_vendored::protoc_bin_path().expect("a protoc comes along");
        let status = Command::new(protoc)
            .args([Path::new("-I"), &self.root, Path::new("-I"), &shared])
            .args(["--include_imports", "--include_source_info", "-o"])
            .arg(set.path())
            .args(&self.protos)
            .stderr(Stdio::null())
            .status()
            .expect("protoc runs");
        if !status.success() {
            return None;
        }
        let bytes = fs::read(set.path()).expect("protoc wrote it");
        let files = FileSet::decode(&*bytes).expect("protoc writes descriptors");
        let names = self.protos.iter().map(|proto| proto.to_string_lossy().replace('\\', "/"));
        let request = Request {
            file_to_generate: names.collect(),
            parameter: Some(self.options.clone()),
            proto_file: files.file,
        };
        Some(request.encode_to_vec())
    }
}
