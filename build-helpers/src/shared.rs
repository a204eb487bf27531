//! The `.proto` files that everybody may import, and that nobody has to have.

use std::path::Path;

use tempfile::TempDir;

use crate::Error;

/// By the name that they are imported by. The folder `proto` of this crate holds copies of the repository's.
const FILES: &[(&str, &str)] = &[
    ("google/api/annotations.proto", include_str!("../proto/google/api/annotations.proto")),
    ("google/api/http.proto", include_str!("../proto/google/api/http.proto")),
    ("google/rpc/error_details.proto", include_str!("../proto/google/rpc/error_details.proto")),
    ("micro/options.proto", include_str!("../proto/micro/options.proto")),
];

/// Whether protoc or this crate brings the file along, so that no code is generated for it unasked.
pub(crate) fn is_shared(name: &str) -> bool {
    name.starts_with("google/protobuf/") || FILES.iter().any(|(file, _)| *file == name)
}

/// Writes them where protoc can read them; they go with the folder.
pub(crate) fn write() -> Result<TempDir, Error> {
    let folder = tempfile::tempdir()
        .map_err(|error| Error::new(format!("cannot make a temporary folder: {error}")))?;
    for (name, text) in FILES {
        write_file(&folder.path().join(name), text)
            .map_err(|error| Error::new(format!("cannot write {name} for protoc: {error}")))?;
    }
    Ok(folder)
}

fn write_file(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(path.parent().unwrap_or(path))?;
    std::fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copies_are_those_of_the_repository() {
        let canonical = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
        if !canonical.exists() {
            return; // A published crate has only its copies.
        }
        for (name, text) in FILES {
            assert_eq!(std::fs::read_to_string(canonical.join(name)).unwrap(), *text, "{name}");
        }
    }
}
