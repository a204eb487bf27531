//! Finds and runs protoc: the one that was named, the one of `$PROTOC`, or the one that comes along.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::Error;
use crate::inputs::Inputs;

/// A protoc, and why it is this one.
#[derive(Debug)]
struct Candidate {
    path: PathBuf,
    source: &'static str,
}

/// Runs protoc on the inputs; what it wrote is an encoded `google.protobuf.FileDescriptorSet`.
pub(crate) fn run(
    inputs: &Inputs,
    shared: &Path,
    explicit: Option<&Path>,
) -> Result<Vec<u8>, Error> {
    let descriptors = shared.join("descriptors.bin");
    let arguments = arguments(inputs, shared, &descriptors);
    let output = run_first(candidates(explicit), &arguments)?;
    let said = inputs.locate(&String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        let said = if said.is_empty() { format!("protoc failed: {}", output.status) } else { said };
        return Err(Error::new(said + &import_advice(inputs, &output.stderr)));
    }
    for warning in said.lines() {
        println!("cargo:warning={warning}");
    }
    std::fs::read(&descriptors)
        .map_err(|error| Error::new(format!("cannot read what protoc wrote: {error}")))
}

/// What to know of a file that is not found.
fn import_advice(inputs: &Inputs, said: &[u8]) -> String {
    if !String::from_utf8_lossy(said).contains(": File not found.") {
        return String::new();
    }
    format!("\nimports start from the include folders: {}", inputs.include_names())
}

fn arguments(inputs: &Inputs, shared: &Path, descriptors: &Path) -> Vec<OsString> {
    let flag = |name: &str, path: &Path| {
        let mut flag = OsString::from(name);
        flag.push(path);
        flag
    };
    let mut arguments: Vec<OsString> =
        vec!["--include_imports".into(), "--include_source_info".into()];
    arguments.push(flag("--descriptor_set_out=", descriptors));
    let bundled = protoc_bin_vendored::include_path().ok();
    let includes = inputs.includes.iter().map(PathBuf::as_path).chain([shared]);
    let includes = includes.chain(bundled.as_deref());
    arguments.extend(includes.map(|include| flag("--proto_path=", include)));
    arguments.extend(inputs.protos.iter().map(|proto| proto.clone().into_os_string()));
    arguments
}

/// What may be tried, in this order: a protoc that was asked for is the only one. What cannot be is told.
fn candidates(explicit: Option<&Path>) -> (Vec<Candidate>, Vec<String>) {
    let only = |path: PathBuf, source| (vec![Candidate { path, source }], Vec::new());
    if let Some(path) = explicit {
        return only(path.to_owned(), "named in build.rs");
    }
    if let Some(path) = std::env::var_os("PROTOC").filter(|path| !path.is_empty()) {
        return only(path.into(), "from $PROTOC");
    }
    let on_path = Candidate { path: "protoc".into(), source: "on the PATH" };
    match protoc_bin_vendored::protoc_bin_path() {
        Ok(path) => (vec![Candidate { path, source: "bundled" }, on_path], Vec::new()),
        Err(error) => (vec![on_path], vec![format!("the bundled one: {error}")]),
    }
}

fn run_first(
    (candidates, mut tried): (Vec<Candidate>, Vec<String>),
    arguments: &[OsString],
) -> Result<Output, Error> {
    for Candidate { path, source } in candidates {
        match Command::new(&path).args(arguments).output() {
            Ok(output) => return Ok(output),
            Err(error) => tried.push(format!("{} ({source}): {error}", path.display())),
        }
    }
    Err(Error::new(format!(
        "cannot run protoc; tried {}; set PROTOC to one that runs here, leave it out (one comes along for most \
         systems), or give a ready file with descriptor_set",
        tried.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_places_are_named_where_no_protoc_runs() {
        let candidate = |path: &str, source| Candidate { path: path.into(), source };
        let candidates = vec![candidate("/no/protoc", "bundled"), candidate("no", "on the PATH")];
        let text = run_first((candidates, Vec::new()), &[]).unwrap_err().to_string();
        for part in ["/no/protoc (bundled): ", ", no (on the PATH): ", "; set PROTOC to one"] {
            assert!(text.contains(part), "{text} lacks {part:?}");
        }
    }
}
