//! Cases: folders of `.proto` files with options, run through the plugin and through `micro-build`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use prost::Message;
use protoc_gen_micro_rs::{OutputFile, Request};

/// Generated files, by name.
pub(crate) type Files = BTreeMap<String, String>;

/// A folder of `.proto` files in a folder of such, from which imports start.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) root: PathBuf,
    /// The files to generate code for, as protoc names them.
    pub(crate) protos: Vec<String>,
    /// The plugin's parameter.
    pub(crate) options: String,
}

/// `google.protobuf.FileDescriptorSet`.
#[derive(Clone, PartialEq, prost::Message)]
struct FileSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// All cases of a folder.
pub(crate) fn cases(root: &Path) -> Vec<Case> {
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut cases: Vec<_> =
        folders.map(|entry| Case::new(root, entry.file_name().to_str().unwrap())).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!cases.is_empty());
    cases
}

/// The folder of cases whose output is compared byte for byte.
pub(crate) fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

impl Case {
    fn new(root: &Path, name: &str) -> Self {
        let folder = root.join(name);
        let read = |name: &str| fs::read_to_string(folder.join(name));
        let mut protos: Vec<_> = match read("generate") {
            Ok(names) => names.lines().map(str::to_owned).collect(),
            Err(_) => {
                names_in(&folder).into_iter().filter(|name| name.ends_with(".proto")).collect()
            }
        };
        protos.iter_mut().for_each(|proto| *proto = format!("{name}/{proto}"));
        protos.sort();
        let options = read("options").unwrap_or_default().trim().to_owned();
        Self { name: name.to_owned(), root: root.to_owned(), protos, options }
    }

    /// Whether the plugin is told only some of the files.
    pub(crate) fn is_partial(&self) -> bool {
        self.root.join(&self.name).join("generate").exists()
    }

    /// A protoc that finds the case's files and the shared ones.
    fn protoc(&self) -> Command {
        self.protoc_at(&protoc_bin_vendored::protoc_bin_path().unwrap())
    }

    fn protoc_at(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
        command.arg("-I").arg(&self.root).arg("-I").arg(shared);
        command
    }

    /// What the plugin writes, or what is wrong.
    pub(crate) fn plugin(&self) -> Result<Files, String> {
        self.plugin_on(&self.protos)
    }

    /// What the plugin writes for some of the files.
    pub(crate) fn plugin_on(&self, protos: &[String]) -> Result<Files, String> {
        self.plugin_of(self.protoc(), protos)
    }

    /// What the plugin writes when another protoc runs it.
    pub(crate) fn plugin_by(&self, protoc: &Path) -> Result<Files, String> {
        self.plugin_of(self.protoc_at(protoc), &self.protos)
    }

    fn plugin_of(&self, mut protoc: Command, protos: &[String]) -> Result<Files, String> {
        let out = tempfile::tempdir().unwrap();
        let program = env!("CARGO_BIN_EXE_protoc-gen-micro-rs");
        let flag = |name: &str, value: &Path| format!("--{name}={}", value.display());
        let output = protoc
            .arg(format!("--plugin=protoc-gen-micro-rs={program}"))
            .arg(flag("micro-rs_out", out.path()))
            .arg(format!("--micro-rs_opt={}", self.options))
            .args(protos)
            .output()
            .unwrap();
        if output.status.success() {
            return Ok(read(out.path()));
        }
        let said = String::from_utf8(output.stderr).unwrap();
        Err(self.without_root(said.trim_start_matches("--micro-rs_out: ")))
    }

    /// What `micro-build` writes, or what is wrong.
    pub(crate) fn build(&self) -> Result<Files, String> {
        let out = tempfile::tempdir().unwrap();
        let protos = self.protos.iter().map(|proto| self.root.join(proto));
        let result = configure(&self.options).out_dir(out.path()).compile(protos, [&self.root]);
        match result {
            Ok(()) => Ok(read(out.path())),
            Err(error) => Err(self.without_root(&error.to_string())),
        }
    }

    fn without_root(&self, text: &str) -> String {
        text.trim_end().replace(&format!("{}/", self.root.display()), "")
    }

    /// The request that protoc would send; `None` if it minds something.
    pub(crate) fn request(&self) -> Option<Request> {
        let set = tempfile::NamedTempFile::new().unwrap();
        let status = self
            .protoc()
            .args(["--include_imports", "--include_source_info", "-o"])
            .arg(set.path())
            .args(&self.protos)
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let bytes = fs::read(set.path()).unwrap();
        let set = status.success().then(|| FileSet::decode(&*bytes).unwrap())?;
        let (parameter, proto_file) = (Some(self.options.clone()), set.file);
        Some(Request { file_to_generate: self.protos.clone(), parameter, proto_file })
    }
}

/// A response's files, by name.
pub(crate) fn output(files: Vec<OutputFile>) -> Files {
    files.into_iter().map(|file| (file.name.unwrap(), file.content.unwrap())).collect()
}

/// All files of a folder and those inside it, by their names relative to it.
pub(crate) fn read(folder: &Path) -> Files {
    let read = |name: String| {
        let text = fs::read_to_string(folder.join(&name)).unwrap();
        (name, text)
    };
    names_in(folder).into_iter().map(read).collect()
}

fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap()).flat_map(|entry| {
        let name = entry.file_name().to_str().unwrap().to_owned();
        if entry.path().is_dir() {
            names_in(&entry.path()).into_iter().map(|inner| format!("{name}/{inner}")).collect()
        } else {
            vec![name]
        }
    });
    names.collect()
}

/// The builder with the options of a parameter.
fn configure(parameter: &str) -> micro_build::Builder {
    let escaped = parameter.replace("\\,", "\0");
    let items = escaped.split(',').filter(|item| !item.is_empty());
    items.fold(micro_build::configure(), |builder, item| {
        let item = item.replace('\0', ",");
        let (name, value) = item.split_once('=').unwrap_or((&item, "true"));
        set(builder, name, value)
    })
}

fn set(builder: micro_build::Builder, name: &str, value: &str) -> micro_build::Builder {
    let on = value == "true";
    let (path, rest) = value.split_once('=').unwrap_or((value, ""));
    match name {
        "boxed" => builder.boxed(value),
        "btree_map" => builder.btree_map(value),
        "bytes" => builder.bytes(value),
        "client" => builder.client(on),
        "client_attribute" => builder.client_attribute(path, rest),
        "client_feature" => builder.client_feature(value),
        "comments" => builder.comments(on),
        "descriptors" => builder.descriptors(value),
        "enum_attribute" => builder.enum_attribute(path, rest),
        "exclude_package" => builder.exclude_package(value),
        "extern_file" => builder.extern_file(path, rest),
        "extern_path" => builder.extern_path(path, rest),
        "field_attribute" => builder.field_attribute(path, rest),
        "handler_attribute" => builder.handler_attribute(path, rest),
        "json" => builder.json(on),
        "json_feature" => builder.json_feature(value),
        "layout" => builder.layout(value),
        "message_attribute" => builder.message_attribute(path, rest),
        "messages" => builder.messages(on),
        "mod_file" => builder.mod_file(value),
        "rename" => builder.rename(path, rest),
        "runtime_path" => builder.runtime_path(value),
        "server" => builder.server(on),
        "server_attribute" => builder.server_attribute(path, rest),
        "server_feature" => builder.server_feature(value),
        "strict_handlers" => builder.strict_handlers(on),
        "type_attribute" => builder.type_attribute(path, rest),
        other => panic!("{other} is no option of the builder"),
    }
}
