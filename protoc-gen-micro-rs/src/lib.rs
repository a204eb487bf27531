//! `.proto` files into Rust: messages, typed clients, handler traits, JSON and descriptors.
//!
//! One pure function does it all: [`generate`] takes the bytes of protoc's request and gives those of the
//! response. It touches no file, no environment, no clock and no thread, so the `protoc-gen-micro-rs`
//! plugin and `micro-build` in a `build.rs` write the same bytes.
//!
//! Source of the plugin protocol: protobuf's `google/protobuf/compiler/plugin.proto`.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use prost::Message;
use prost_types::compiler::CodeGeneratorRequest;

mod descriptors;
mod diagnostic;
mod docs;
mod http_rule;
mod json;
mod messages;
mod model;
mod names;
mod options;
mod package;
mod parameters;
mod response;
mod service;
mod tree;

pub use diagnostic::Diagnostic;
pub use parameters::PARAMETERS;

use model::Model;
use parameters::Parameters;
use response::{CodeGeneratorResponse, File};

/// The version of this generator, which the files that it writes begin with.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Generated files: their text by their name, which has no folders.
pub type Files = BTreeMap<String, String>;

/// Generates code for an encoded `CodeGeneratorRequest` as an encoded `CodeGeneratorResponse`.
///
/// Whatever is wrong with the `.proto` files or the parameters is said in the response, a line for each.
///
/// # Errors
/// If the bytes are no request: then there is nobody to answer.
pub fn generate(request: &[u8]) -> Result<Vec<u8>, prost::DecodeError> {
    let response = match files(request)? {
        Ok(files) => CodeGeneratorResponse::of(files),
        Err(problems) => CodeGeneratorResponse::failed(&problems),
    };
    Ok(response.encode_to_vec())
}

/// Generates code for an encoded `CodeGeneratorRequest` as files, or as what is wrong with it.
///
/// # Errors
/// If the bytes are no request.
pub fn files(request: &[u8]) -> Result<Result<Files, Vec<Diagnostic>>, prost::DecodeError> {
    let decoded = CodeGeneratorRequest::decode(request)?;
    let options = options::Request::decode(request)?;
    let generated = catch_unwind(AssertUnwindSafe(|| run(decoded, &options)));
    Ok(generated.unwrap_or_else(|panic| Err(vec![Diagnostic::of_panic(&*panic)])))
}

fn run(
    request: CodeGeneratorRequest,
    options: &options::Request,
) -> Result<Files, Vec<Diagnostic>> {
    let parameters = Parameters::parse(request.parameter()).map_err(|problem| vec![problem])?;
    let model = Model::new(request, options, &parameters)?;
    let messages = messages::generate(&model, &parameters)?;
    let mut files = Files::new();
    for package in model.packages() {
        let text = package::render(&model, package, messages.get(package), &parameters)?;
        files.insert(tree::file_name(package), text);
    }
    files.insert(tree::ROOT.to_owned(), tree::render(model.packages()));
    Ok(files)
}

impl CodeGeneratorResponse {
    fn of(files: Files) -> Self {
        let file = |(name, content)| File { name: Some(name), content: Some(content) };
        Self { file: files.into_iter().map(file).collect(), ..Self::default() }.with_features()
    }

    fn failed(problems: &[Diagnostic]) -> Self {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        Self { error: Some(lines.join("\n")), ..Self::default() }.with_features()
    }
}
