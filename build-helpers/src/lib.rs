//! Micro services from `.proto` files in one line of `build.rs`, with no protoc to install.
//!
//! ```no_run
//! fn main() -> Result<(), micro_build::Error> {
//!     micro_build::compile(["proto/**/*.proto"], ["proto"])
//! }
//! ```
//!
//! In the crate itself, `micro_runtime::include_micro!();` makes a module of each package.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

mod error;
mod patterns;
mod protoc;

pub use error::Error;

/// Generates code for the files that the patterns name, into the folder that cargo gives `build.rs`.
///
/// Patterns are paths, with `*` and `**` if need be; `includes` are the folders that imports are looked up
/// in. `micro/options.proto` and `google/api/annotations.proto` are always found.
///
/// # Errors
/// What is wrong with the files, as `file:line:column: message`; or a file, folder or protoc that is missing.
pub fn compile<P, I>(protos: P, includes: I) -> Result<(), Error>
where
    P: IntoIterator<Item: AsRef<Path>>,
    I: IntoIterator<Item: AsRef<Path>>,
{
    configure().compile(protos, includes)
}

/// A build with options.
pub fn configure() -> Builder {
    Builder::default()
}

/// The options of a build, with the names of the plugin's parameters.
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until it compiles"]
pub struct Builder {
    parameters: BTreeMap<&'static str, String>,
    extern_paths: Vec<(String, String)>,
    out_dir: Option<PathBuf>,
    protoc: Option<PathBuf>,
}

impl Builder {
    /// Whether to generate clients; they are if not set.
    pub fn client(self, generate: bool) -> Self {
        self.parameter("client", generate.to_string())
    }

    /// Whether to generate handler traits and servers; they are if not set.
    pub fn server(self, generate: bool) -> Self {
        self.parameter("server", generate.to_string())
    }

    /// Whether to generate JSON; it is if not set.
    pub fn json(self, generate: bool) -> Self {
        self.parameter("json", generate.to_string())
    }

    /// Which descriptors to keep: `full`, which is the default, or `none`.
    pub fn descriptors(self, which: impl Into<String>) -> Self {
        self.parameter("descriptors", which.into())
    }

    /// The runtime's path in the crate; `::micro_runtime` if not set.
    pub fn runtime_path(self, path: impl Into<String>) -> Self {
        self.parameter("runtime_path", path.into())
    }

    /// Takes a package or type from another crate: `extern_path(".acme.common", "::acme_common")`.
    pub fn extern_path(mut self, proto: impl Into<String>, rust: impl Into<String>) -> Self {
        self.extern_paths.push((proto.into(), rust.into()));
        self
    }

    /// Where to write; the folder that cargo gives `build.rs` if not set.
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(folder.into());
        self
    }

    /// The protoc to run; `$PROTOC`, or else the one that comes along, if not set.
    pub fn protoc(mut self, program: impl Into<PathBuf>) -> Self {
        self.protoc = Some(program.into());
        self
    }

    fn parameter(mut self, name: &'static str, value: String) -> Self {
        self.parameters.insert(name, value);
        self
    }

    /// Generates code for the files that the patterns name.
    ///
    /// # Errors
    /// As [`compile`].
    pub fn compile<P, I>(self, protos: P, includes: I) -> Result<(), Error>
    where
        P: IntoIterator<Item: AsRef<Path>>,
        I: IntoIterator<Item: AsRef<Path>>,
    {
        let includes: Vec<PathBuf> =
            includes.into_iter().map(|folder| folder.as_ref().to_owned()).collect();
        let out = self.out_dir.clone().or_else(|| std::env::var_os("OUT_DIR").map(PathBuf::from));
        let out = out.ok_or_else(Error::no_out_dir)?;
        let protos = patterns::expand(protos)?;
        println!("cargo:rerun-if-env-changed=PROTOC");
        rerun_if_changed(protos.folders.iter());
        // Before anything can fail: a mended file must run the build again.
        rerun_if_changed(protos.files.iter());
        let compiled = protoc::run(self.protoc.as_deref(), &protos.files, &includes)?;
        rerun_if_changed(compiled.imports.iter());
        let request = compiled.request(&self.parameter_text());
        let files = protoc_gen_micro_rs::files(&request).map_err(|error| Error::request(&error))?;
        let files = files.map_err(|problems| Error::problems(&problems))?;
        write(&out, &files)
    }

    /// The options as the plugin would get them.
    fn parameter_text(&self) -> String {
        let escape = |text: &str| text.replace('\\', "\\\\").replace(',', "\\,");
        let plain = self.parameters.iter().map(|(name, value)| format!("{name}={}", escape(value)));
        let paths = self.extern_paths.iter();
        let paths = paths.map(|(proto, rust)| format!("extern_path={proto}={}", escape(rust)));
        plain.chain(paths).collect::<Vec<_>>().join(",")
    }
}

fn rerun_if_changed<'a>(paths: impl Iterator<Item = &'a PathBuf>) {
    for path in paths.collect::<BTreeSet<_>>() {
        println!("cargo:rerun-if-changed={}", path.display());
    }
}

/// Writes files whose text is new: an unchanged one keeps its time, and cargo builds nothing again.
fn write(out: &Path, files: &protoc_gen_micro_rs::Files) -> Result<(), Error> {
    fs::create_dir_all(out).map_err(|error| Error::file(out, &error))?;
    for (name, text) in files {
        let path = out.join(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == *text) {
            continue;
        }
        fs::write(&path, text).map_err(|error| Error::file(&path, &error))?;
    }
    Ok(())
}
