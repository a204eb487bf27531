//! Options for [`compile`](crate::compile()), by the names that the plugin's parameter has.

use std::path::{Path, PathBuf};

use crate::inputs::Inputs;
use crate::{Error, output, protoc, shared};

/// Options, then [`compile`](Builder::compile).
///
/// ```no_run
/// fn main() -> Result<(), micro_build::Error> {
///     micro_build::configure().client(false).compile(["proto/greeter.proto"], ["proto"])
/// }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until compile is called"]
pub struct Builder {
    parameters: Vec<(&'static str, String)>,
    out_dir: Option<PathBuf>,
    protoc: Option<PathBuf>,
}

/// Options that are all as in [`compile`](crate::compile()) at first.
pub fn configure() -> Builder {
    Builder::default()
}

impl Builder {
    /// Fields of type `bytes` that are `Bytes` and not `Vec<u8>`, by path: `.` for all; may be called again.
    pub fn bytes(self, proto: impl Into<String>) -> Self {
        self.parameter("bytes", proto.into())
    }

    /// Whether to generate clients; true unless called.
    pub fn client(self, generate: bool) -> Self {
        self.parameter("client", generate.to_string())
    }

    /// Whether to generate handlers and servers; true unless called.
    pub fn server(self, generate: bool) -> Self {
        self.parameter("server", generate.to_string())
    }

    /// Whether messages have JSON; true unless called.
    pub fn json(self, generate: bool) -> Self {
        self.parameter("json", generate.to_string())
    }

    /// Whether to embed file descriptors, for reflection: `full`, or `none`.
    pub fn descriptors(self, amount: impl Into<String>) -> Self {
        self.parameter("descriptors", amount.into())
    }

    /// Where the runtime is, if not at `::micro_runtime`.
    pub fn runtime_path(self, path: impl Into<String>) -> Self {
        self.parameter("runtime_path", path.into())
    }

    /// Types that another crate holds, such as `.acme.types` in `::acme_types`; may be called again.
    pub fn extern_path(self, proto: impl AsRef<str>, rust: impl AsRef<str>) -> Self {
        self.parameter("extern_path", format!("{}={}", proto.as_ref(), rust.as_ref()))
    }

    /// Where to write; `$OUT_DIR` unless called.
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(folder.into());
        self
    }

    /// Which protoc to run; `$PROTOC` or the one that comes along unless called.
    pub fn protoc(mut self, path: impl Into<PathBuf>) -> Self {
        self.protoc = Some(path.into());
        self
    }

    /// Generates code; see [`compile`](crate::compile()).
    ///
    /// # Errors
    /// As [`compile`](crate::compile()), and for an option that makes no sense.
    pub fn compile<P: AsRef<Path>, I: AsRef<Path>>(
        self,
        protos: impl IntoIterator<Item = P>,
        includes: impl IntoIterator<Item = I>,
    ) -> Result<(), Error> {
        let protos: Vec<_> = protos.into_iter().map(|path| path.as_ref().to_owned()).collect();
        let includes: Vec<_> = includes.into_iter().map(|path| path.as_ref().to_owned()).collect();
        let out_dir = self.out_dir.clone().or_else(|| std::env::var_os("OUT_DIR").map(Into::into));
        let out_dir = out_dir.ok_or_else(|| {
            Error::new("OUT_DIR is not set: call this from build.rs, or name a folder with out_dir")
        })?;
        let inputs = Inputs::read(&protos, &includes)?;
        let shared = shared::write()?;
        let descriptors = protoc::run(&inputs, shared.path(), self.protoc.as_deref())?;
        let request = output::request(&inputs, &descriptors, self.joined())?;
        let files = output::generate(&inputs, &request)?;
        output::write(&out_dir, &files)?;
        for line in output::rerun_lines(&inputs, &request) {
            println!("{line}");
        }
        Ok(())
    }

    fn parameter(mut self, name: &'static str, value: String) -> Self {
        self.parameters.push((name, value));
        self
    }

    /// The plugin's parameter.
    fn joined(&self) -> String {
        let escape = |text: &str| text.replace('\\', "\\\\").replace(',', "\\,");
        let items = self.parameters.iter().map(|(name, value)| format!("{name}={}", escape(value)));
        items.collect::<Vec<_>>().join(",")
    }
}
