//! Options for [`compile`](crate::compile()), by the names that the plugin's parameter has.

use std::path::{Path, PathBuf};

use protoc_gen_micro_rs::Request;

use crate::inputs::Inputs;
use crate::output::FileHead;
use crate::{Error, descriptor_set, output, protoc, shared};

/// Options, then [`compile`](Builder::compile).
///
/// They are those of the plugin, whose [documentation](protoc_gen_micro_rs#options) has all in one table, each with an
/// example. A path such as `.acme.v1.Order.note` names what protobuf calls so, and what is inside it; `.` is everything.
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
    descriptor_set: Option<PathBuf>,
}

/// Options that are all as in [`compile`](crate::compile()) at first.
pub fn configure() -> Builder {
    Builder::default()
}

impl Builder {
    /// Whether to generate clients; true unless called.
    pub fn client(self, on: bool) -> Self {
        self.parameter("client", on.to_string())
    }

    /// Generates clients behind a feature of your crate, such as `client`.
    pub fn client_feature(self, name: impl AsRef<str>) -> Self {
        self.parameter("client_feature", name.as_ref())
    }

    /// Whether to generate handlers and servers; true unless called.
    pub fn server(self, on: bool) -> Self {
        self.parameter("server", on.to_string())
    }

    /// Generates handlers and servers behind a feature of your crate, such as `server`.
    pub fn server_feature(self, name: impl AsRef<str>) -> Self {
        self.parameter("server_feature", name.as_ref())
    }

    /// Whether a handler has to have every method; false unless called, and a method that is left out answers
    /// `unimplemented`.
    pub fn strict_handlers(self, on: bool) -> Self {
        self.parameter("strict_handlers", on.to_string())
    }

    /// Whether messages have JSON and implement serde's traits; true unless called.
    pub fn json(self, on: bool) -> Self {
        self.parameter("json", on.to_string())
    }

    /// Generates JSON behind a feature of your crate, such as `json`.
    pub fn json_feature(self, name: impl AsRef<str>) -> Self {
        self.parameter("json_feature", name.as_ref())
    }

    /// Whether to generate messages and enums; if not, other crates have to hold what services name.
    pub fn messages(self, on: bool) -> Self {
        self.parameter("messages", on.to_string())
    }

    /// Whether comments become documentation; true unless called.
    pub fn comments(self, on: bool) -> Self {
        self.parameter("comments", on.to_string())
    }

    /// How much of file descriptors is embedded, for reflection: `full`, `lean` (without custom options) or `none`.
    pub fn descriptors(self, amount: impl AsRef<str>) -> Self {
        self.parameter("descriptors", amount.as_ref())
    }

    /// What has an output file of its own: `package` or `file`.
    pub fn layout(self, unit: impl AsRef<str>) -> Self {
        self.parameter("layout", unit.as_ref())
    }

    /// The file with the tree of modules, `mod.rs` unless called; or `none`.
    pub fn mod_file(self, name: impl AsRef<str>) -> Self {
        self.parameter("mod_file", name.as_ref())
    }

    /// Where the runtime is, if not at `::micro_runtime`.
    pub fn runtime_path(self, path: impl AsRef<str>) -> Self {
        self.parameter("runtime_path", path.as_ref())
    }

    /// A package or type that another crate holds, such as `.acme.types` in `::acme_types`; may be called again.
    pub fn extern_path(self, proto: impl AsRef<str>, rust: impl AsRef<str>) -> Self {
        self.pair("extern_path", proto.as_ref(), rust.as_ref())
    }

    /// A `.proto` file whose types another crate holds, such as `acme/money.proto` in `::acme::v1`; may be called
    /// again.
    pub fn extern_file(self, file: impl AsRef<str>, module: impl AsRef<str>) -> Self {
        self.pair("extern_file", file.as_ref(), module.as_ref())
    }

    /// Generates nothing for a package and those inside it, such as `.google.type`; may be called again.
    pub fn exclude_package(self, path: impl AsRef<str>) -> Self {
        self.parameter("exclude_package", path.as_ref())
    }

    /// Another Rust name, such as `get_foo_raw` for `.acme.v1.Foos.get_foo`; may be called again.
    pub fn rename(self, path: impl AsRef<str>, name: impl AsRef<str>) -> Self {
        self.pair("rename", path.as_ref(), name.as_ref())
    }

    /// `bytes` fields at or inside a path are `bytes::Bytes`; may be called again.
    pub fn bytes(self, path: impl AsRef<str>) -> Self {
        self.parameter("bytes", path.as_ref())
    }

    /// Map fields at or inside a path are `BTreeMap`s; may be called again.
    pub fn btree_map(self, path: impl AsRef<str>) -> Self {
        self.parameter("btree_map", path.as_ref())
    }

    /// Message fields at or inside a path are in a `Box`; may be called again.
    pub fn boxed(self, path: impl AsRef<str>) -> Self {
        self.parameter("boxed", path.as_ref())
    }

    /// Puts an attribute, such as `#[must_use]`, on messages, enums and oneofs at or inside a path; may be called again.
    pub fn type_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.pair("type_attribute", path.as_ref(), attribute.as_ref())
    }

    /// Puts an attribute, such as `#[must_use]`, on messages at or inside a path; may be called again.
    pub fn message_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.pair("message_attribute", path.as_ref(), attribute.as_ref())
    }

    /// Puts an attribute, such as `#[must_use]`, on enums and oneofs at or inside a path; may be called again.
    pub fn enum_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.pair("enum_attribute", path.as_ref(), attribute.as_ref())
    }

    /// Puts an attribute, such as `#[must_use]`, on fields, members of oneofs and values of enums at or inside a path; may be called again.
    pub fn field_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.pair("field_attribute", path.as_ref(), attribute.as_ref())
    }

    /// Puts an attribute, such as `#[must_use]`, on clients at or inside a path; may be called again.
    pub fn client_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.pair("client_attribute", path.as_ref(), attribute.as_ref())
    }

    /// Puts an attribute, such as `#[must_use]`, on handler traits at or inside a path; may be called again.
    pub fn handler_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.pair("handler_attribute", path.as_ref(), attribute.as_ref())
    }

    /// Puts an attribute, such as `#[must_use]`, on servers at or inside a path; may be called again.
    pub fn server_attribute(self, path: impl AsRef<str>, attribute: impl AsRef<str>) -> Self {
        self.pair("server_attribute", path.as_ref(), attribute.as_ref())
    }

    /// Where to write; `$OUT_DIR` unless called. A program that is no build script has to call it.
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(folder.into());
        self
    }

    /// Which protoc to run; `$PROTOC` or the one that comes along unless called.
    pub fn protoc(mut self, path: impl Into<PathBuf>) -> Self {
        self.protoc = Some(path.into());
        self
    }

    /// A ready `google.protobuf.FileDescriptorSet`, which takes protoc's place.
    ///
    /// It has to hold all imports (`protoc --include_imports`), and comments only if it was made with
    /// `--include_source_info`. The files that are then named to [`compile`](Self::compile) are those in the set, by
    /// the names that imports have; no include folders are needed.
    pub fn descriptor_set(mut self, path: impl Into<PathBuf>) -> Self {
        self.descriptor_set = Some(path.into());
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
        let (inputs, request) = self.request(&protos, &includes)?;
        let files = output::generate(&inputs, &request)?;
        output::write(&out_dir, &files)?;
        // Only to build scripts does cargo give that variable, and only to them does it listen.
        if std::env::var_os("OUT_DIR").is_some() {
            for line in output::rerun_lines(&inputs, &request) {
                println!("{line}");
            }
        }
        Ok(())
    }

    /// What was read, and the question about it that protoc would put to the plugin.
    fn request(
        &self,
        protos: &[PathBuf],
        includes: &[PathBuf],
    ) -> Result<(Inputs, Request), Error> {
        if let Some(set) = &self.descriptor_set {
            let files = descriptor_set::read(set)?;
            let selected = descriptor_set::select(&files, protos)?;
            let is_wanted = |head: &FileHead| {
                let is_import = selected.contains(&head.name) && !shared::is_shared(&head.name);
                is_import && !self.is_foreign(&head.name, &head.package)
            };
            return Ok((Inputs::of_set(set), output::request(files, self.joined(), is_wanted)));
        }
        let inputs = Inputs::read(protos, includes)?;
        let shared = shared::write()?;
        let descriptors = protoc::run(&inputs, shared.path(), self.protoc.as_deref())?;
        let files = output::files(&descriptors)
            .map_err(|error| Error::new(format!("cannot read what protoc wrote: {error}")))?;
        // Code is generated for what is imported too.
        let is_wanted = |head: &FileHead| {
            let is_import = inputs.find(&head.name).is_some() && !shared::is_shared(&head.name);
            let is_import = is_import && !self.is_foreign(&head.name, &head.package);
            is_import || inputs.names(&head.name)
        };
        let request = output::request(files, self.joined(), is_wanted);
        Ok((inputs, request))
    }

    fn parameter(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    fn pair(self, name: &'static str, path: &str, value: &str) -> Self {
        self.parameter(name, format!("{path}={value}"))
    }

    /// Whether an option says that another crate holds a file, or all of its package.
    fn is_foreign(&self, file: &str, package: &str) -> bool {
        let package = format!(".{package}");
        let covers = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.parameters.iter().any(|(name, value)| {
            let (outer, _) = value.split_once('=').unwrap_or((value, ""));
            match *name {
                "extern_file" => outer == file,
                "extern_path" => covers(outer, &package),
                _ => false,
            }
        })
    }

    /// The plugin's parameter.
    fn joined(&self) -> String {
        let escape = |text: &str| text.replace('\\', "\\\\").replace(',', "\\,");
        let items = self.parameters.iter().map(|(name, value)| format!("{name}={}", escape(value)));
        items.collect::<Vec<_>>().join(",")
    }
}
