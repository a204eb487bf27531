//! Messages and enums, by prost-build: all that is known of it is in here.

use std::collections::BTreeMap;

use prost_build::{Config, Module};

use crate::diagnostic::Diagnostic;
use crate::docs::with_safe_comments;
use crate::model::Model;
use crate::parameters::Parameters;

/// prost's text for each package; none for packages without messages and enums.
pub(crate) fn generate(
    model: &Model,
    parameters: &Parameters,
) -> Result<BTreeMap<String, String>, Vec<Diagnostic>> {
    let mut config = Config::new();
    config.prost_path(format!("{}::codegen::prost", parameters.runtime_path));
    for (proto, rust) in &parameters.extern_paths {
        config.extern_path(proto, rust);
    }
    let module = |package: &str| Module::from_protobuf_package_name(package);
    let requests =
        model.generated().map(|file| (module(file.package()), with_safe_comments(file))).collect();
    let generated = config
        .generate(requests)
        .map_err(|error| vec![Diagnostic::general(format!("messages: {error}"))])?;
    let text = |package: &str| Some((package.to_owned(), generated.get(&module(package))?.clone()));
    Ok(model.packages().filter_map(text).collect())
}
