//! The folder: where it is, and whether it is safe to use.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::error::{Code, Error, Result};

/// A folder that only its user may write to.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Creates the folder if it is missing, and checks that nobody else can change what it says.
    pub(super) fn prepare(&self) -> Result<()> {
        create_private(&self.path).map_err(|cause| self.error("cannot be created", cause))?;
        let about = fs::symlink_metadata(&self.path)
            .map_err(|cause| self.error("cannot be looked at", cause))?;
        if about.is_symlink() {
            return Err(self.refusal("is a link; name the folder itself"));
        }
        if !about.is_dir() {
            return Err(self.refusal("is no folder"));
        }
        self.check_owner(&about)
    }

    #[cfg(unix)]
    fn check_owner(&self, about: &fs::Metadata) -> Result<()> {
        use std::os::unix::fs::MetadataExt;

        if about.mode() & 0o022 != 0 {
            let mode = about.mode() & 0o7777;
            return Err(self.refusal(&format!(
                "can be written to by others (mode {mode:o}), who could announce nodes of theirs; \
                 take that away with chmod go-w"
            )));
        }
        let ours = owner_of_new_files(&self.path)
            .map_err(|cause| self.error("cannot be written to", cause))?;
        if about.uid() != ours {
            return Err(self.refusal(&format!(
                "belongs to user {}, and this process runs as user {ours}",
                about.uid()
            )));
        }
        Ok(())
    }

    /// On other systems the folder for temporary files is private to its user.
    #[cfg(not(unix))]
    fn check_owner(&self, _about: &fs::Metadata) -> Result<()> {
        Ok(())
    }

    fn refusal(&self, why: &str) -> Error {
        Error::failed_precondition(format!(
            "the local registry's folder {} {why}; {WAY_OUT}",
            self.path.display()
        ))
    }

    pub(super) fn error(&self, what: &str, cause: io::Error) -> Error {
        let code = match cause.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::PermissionDenied,
            _ => Code::Unavailable,
        };
        let path = self.path.display();
        let message = format!("the local registry's folder {path} {what}: {cause}; {WAY_OUT}");
        Error::new(code, message).with_cause(cause)
    }
}

const WAY_OUT: &str = "choose another folder with MICRO_REGISTRY=local:///path/to/folder";

/// `$XDG_RUNTIME_DIR/micro`, or `micro-<user>` among the temporary files.
pub(super) fn of_user() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from) {
        Some(folder) if folder.is_absolute() && folder.is_dir() => folder.join("micro"),
        _ => std::env::temp_dir().join(format!("micro-{}", user())),
    }
}

/// The user's number where files have one, or else a name.
fn user() -> String {
    #[cfg(unix)]
    if let Ok(number) = owner_of_new_files(&std::env::temp_dir()) {
        return number.to_string();
    }
    let name = std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_default();
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// Whom the system takes this process for. Safe Rust cannot ask, but a new file tells.
#[cfg(unix)]
fn owner_of_new_files(folder: &Path) -> io::Result<u32> {
    use std::os::unix::fs::MetadataExt;

    let name = super::file_name::fresh("micro", "owner") + super::file_name::UNFINISHED;
    let path = folder.join(name);
    let owner = fs::File::create_new(&path)?.metadata().map(|about| about.uid());
    fs::remove_file(&path)?;
    owner
}

fn create_private(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match private_folder().create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        done => done,
    }
}

#[cfg(unix)]
fn private_folder() -> fs::DirBuilder {
    use std::os::unix::fs::DirBuilderExt;

    let mut builder = fs::DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private_folder() -> fs::DirBuilder {
    fs::DirBuilder::new()
}
