//! The generated code that the runtime itself contains: made by our own generator, and checked in.

use std::fs;
use std::path::Path;

use crate::command::root;

/// The files that code is generated for, in `proto/`.
const FILES: [&str; 5] = [
    "google/rpc/error_details.proto",
    "grpc/health/v1/health.proto",
    "grpc/reflection/v1/reflection.proto",
    "grpc/reflection/v1alpha/reflection.proto",
    "micro/broker/v1/broker.proto",
];
/// Where that code is.
const FOLDER: &str = "micro-runtime/src/generated";

/// Generates the code, and removes what is not generated any more.
pub(crate) fn run(_: &[String]) -> Result<(), String> {
    let folder = root().join(FOLDER);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()))
        }
        _ => generate(&folder),
    }
}

fn generate(folder: &Path) -> Result<(), String> {
    let proto = root().join("proto");
    micro_build::configure()
        .runtime_path("crate")
        .bytes(".")
        // The older name of reflection has the same messages, so one handler does for both.
        .extern_path(".grpc.reflection.v1alpha", "crate::generated::grpc::reflection::v1")
        .out_dir(folder)
        .compile(FILES.map(|file| proto.join(file)), [proto])
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn contents(folder: &Path) -> BTreeMap<String, String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let read = |path: std::path::PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        };
        entries.map(read).collect()
    }

    #[test]
    fn the_runtime_contains_what_the_generator_makes_of_its_protos() {
        let made = tempfile::tempdir().unwrap();
        generate(made.path()).unwrap();
        let (made, kept) = (contents(made.path()), contents(&root().join(FOLDER)));
        let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&made), names(&kept), "cargo xtask protos generates them anew");
        for (name, text) in &made {
            assert!(kept[name] == *text, "{name} differs: cargo xtask protos generates it anew");
        }
    }
}
