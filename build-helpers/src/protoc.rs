//! protoc: found, run, and asked for descriptors.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use prost::Message;

use crate::Error;

/// Files that can be imported with no file of the user's own.
const SHARED: [(&str, &str); 3] = [
    ("google/api/annotations.proto", include_str!("../proto/google/api/annotations.proto")),
    ("google/api/http.proto", include_str!("../proto/google/api/http.proto")),
    ("micro/options.proto", include_str!("../proto/micro/options.proto")),
];

/// What protoc made of the files.
#[derive(Debug)]
pub(crate) struct Compiled {
    names: Vec<String>,
    files: Vec<Vec<u8>>,
    /// The imported files that are the user's.
    pub(crate) imports: BTreeSet<PathBuf>,
}

/// Runs protoc on files.
pub(crate) fn run(
    chosen: Option<&Path>,
    protos: &BTreeSet<PathBuf>,
    includes: &[PathBuf],
) -> Result<Compiled, Error> {
    if let Some(folder) = includes.iter().find(|folder| !folder.is_dir()) {
        return Err(Error::new(format!(
            "{}: there is no such folder to include",
            folder.display()
        )));
    }
    let names = protos.iter().map(|proto| name_in(proto, includes)).collect::<Result<_, _>>()?;
    let scratch = tempfile::tempdir()
        .map_err(|error| Error::new(format!("no folder for scratch: {error}")))?;
    let shared = scratch.path().join("include");
    write_shared(&shared)?;
    let set = scratch.path().join("descriptors");
    let program = program(chosen)?;
    let mut command = Command::new(&program.path);
    command.args(["--include_imports", "--include_source_info"]);
    command.arg(option("--descriptor_set_out=", &set));
    for folder in includes.iter().chain(&program.include).chain([&shared]) {
        command.arg(option("-I", folder));
    }
    let output = command.args(protos).output().map_err(|error| program.cannot_run(&error))?;
    if !output.status.success() {
        return Err(Error::new(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    let bytes = fs::read(&set).map_err(|error| Error::file(&set, &error))?;
    let files = DescriptorSet::decode(&*bytes).map_err(|error| Error::request(&error))?.file;
    let imports = files.iter().filter_map(|file| {
        let name = Named::decode(&**file).map(|file| file.name).unwrap_or_default();
        includes.iter().map(move |folder| folder.join(&name)).find(|path| path.is_file())
    });
    Ok(Compiled { names, imports: imports.collect(), files })
}

impl Compiled {
    /// The request that protoc would send a plugin.
    pub(crate) fn request(self, parameter: &str) -> Vec<u8> {
        let parameter = parameter.to_owned();
        Request { file_to_generate: self.names, parameter, proto_file: self.files }.encode_to_vec()
    }
}

/// `FileDescriptorSet`, its files left encoded: nothing that this program does not know gets lost.
#[derive(Clone, PartialEq, Message)]
struct DescriptorSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// `FileDescriptorProto`, as far as its name.
#[derive(Clone, PartialEq, Message)]
struct Named {
    #[prost(string, tag = "1")]
    name: String,
}

/// `CodeGeneratorRequest`, its files left encoded.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(string, repeated, tag = "1")]
    file_to_generate: Vec<String>,
    #[prost(string, tag = "2")]
    parameter: String,
    #[prost(bytes = "vec", repeated, tag = "15")]
    proto_file: Vec<Vec<u8>>,
}

/// A program to run, and who chose it.
struct Program {
    path: PathBuf,
    by: &'static str,
    include: Option<PathBuf>,
}

/// The caller's choice, or `$PROTOC`, or the one that comes along.
fn program(chosen: Option<&Path>) -> Result<Program, Error> {
    if let Some(path) = chosen {
        return Ok(Program { path: path.to_owned(), by: "protoc()", include: None });
    }
    if let Some(path) = std::env::var_os("PROTOC").filter(|path| !path.is_empty()) {
        return Ok(Program { path: path.into(), by: "$PROTOC", include: None });
    }
    let vendored = protoc_bin_vendored::protoc_bin_path()
        .and_then(|path| Ok((path, protoc_bin_vendored::include_path()?)));
    let (path, include) = vendored.map_err(|error| {
        Error::new(format!(
            "no protoc comes along for this system ({error}); install one and name it in PROTOC"
        ))
    })?;
    Ok(Program { path, by: "micro-build", include: Some(include) })
}

impl Program {
    fn cannot_run(&self, error: &std::io::Error) -> Error {
        let path = self.path.display();
        Error::new(format!(
            "protoc {path}, chosen by {}, cannot be run: {error}; unset PROTOC to use the one that comes along",
            self.by
        ))
    }
}

fn write_shared(folder: &Path) -> Result<(), Error> {
    for (name, text) in SHARED {
        let path = folder.join(name);
        let parent = path.parent().expect("the names have folders");
        fs::create_dir_all(parent).map_err(|error| Error::file(parent, &error))?;
        fs::write(&path, text).map_err(|error| Error::file(&path, &error))?;
    }
    Ok(())
}

fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(path);
    option
}

/// The name that protoc gives a file: its path within the first folder that holds it.
fn name_in(proto: &Path, includes: &[PathBuf]) -> Result<String, Error> {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let whole = real(proto);
    let inside = includes.iter().find_map(|folder| whole.strip_prefix(real(folder)).ok());
    let name = inside.and_then(|path| path.to_str()).ok_or_else(|| {
        let folders: Vec<_> = includes.iter().map(|folder| folder.display().to_string()).collect();
        let folders = folders.join(", ");
        Error::new(format!("{} lies in none of the folders to include: {folders}", proto.display()))
    })?;
    Ok(name.replace('\\', "/"))
}
