//! What the request holds: packages, files to generate, and where each type is in Rust.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use prost_types::compiler::CodeGeneratorRequest;
use prost_types::{DescriptorProto, FileDescriptorProto};

use crate::diagnostic::Diagnostic;
use crate::names::{camel, snake};
use crate::options;
use crate::parameters::Parameters;

/// The request, with what all parts of the generator ask it for.
pub(crate) struct Model {
    files: Vec<FileDescriptorProto>,
    packages: BTreeMap<String, Vec<usize>>,
    options: HashMap<String, options::File>,
    types: HashMap<String, TypePlace>,
    map_entries: HashMap<String, DescriptorProto>,
}

/// Where a message or enum is in Rust.
#[derive(Clone, Debug)]
enum TypePlace {
    /// In the tree of packages: the modules from its root, and the name.
    Tree { modules: Vec<String>, name: String },
    /// Elsewhere, by an absolute path.
    Extern(String),
}

impl Model {
    /// # Errors
    /// If a file needs something that is not supported.
    pub(crate) fn new(
        request: CodeGeneratorRequest,
        options: &options::Request,
        parameters: &Parameters,
    ) -> Result<Self, Vec<Diagnostic>> {
        let generate: HashSet<_> = request.file_to_generate.into_iter().collect();
        let mut files = request.proto_file;
        files.sort_by(|a, b| a.name().cmp(b.name()));
        let mut packages: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, file) in files.iter().enumerate() {
            if generate.contains(file.name()) {
                packages.entry(file.package().to_owned()).or_default().push(index);
            }
        }
        let options = options.file.iter().map(|file| (file.name.clone(), file.clone())).collect();
        let (types, map_entries) = (HashMap::new(), HashMap::new());
        let mut model = Self { files, packages, options, types, map_entries };
        model.collect_types(parameters);
        let externs = &parameters.extern_paths;
        let problems: Vec<_> =
            model.generated().flat_map(|file| unsupported(file, externs)).collect();
        if problems.is_empty() { Ok(model) } else { Err(problems) }
    }

    fn collect_types(&mut self, parameters: &Parameters) {
        let files = std::mem::take(&mut self.files);
        for file in &files {
            let modules: Vec<_> =
                file.package().split('.').filter(|part| !part.is_empty()).map(snake).collect();
            let scope = match file.package() {
                "" => String::new(),
                package => format!(".{package}"),
            };
            for message in &file.message_type {
                self.collect_message(message, &scope, &modules, parameters);
            }
            for enumeration in &file.enum_type {
                self.add_type(&scope, enumeration.name(), &modules, parameters);
            }
        }
        self.files = files;
    }

    fn collect_message(
        &mut self,
        message: &DescriptorProto,
        scope: &str,
        modules: &[String],
        parameters: &Parameters,
    ) {
        let full_name = format!("{scope}.{}", message.name());
        if message.options.as_ref().is_some_and(|options| options.map_entry()) {
            self.map_entries.insert(full_name, message.clone());
            return;
        }
        self.add_type(scope, message.name(), modules, parameters);
        let mut inner = modules.to_vec();
        inner.push(snake(message.name()));
        for nested in &message.nested_type {
            self.collect_message(nested, &full_name, &inner, parameters);
        }
        for enumeration in &message.enum_type {
            self.add_type(&full_name, enumeration.name(), &inner, parameters);
        }
    }

    fn add_type(&mut self, scope: &str, name: &str, modules: &[String], parameters: &Parameters) {
        let full_name = format!("{scope}.{name}");
        let place = extern_place(&full_name, &parameters.extern_paths)
            .unwrap_or_else(|| TypePlace::Tree { modules: modules.to_vec(), name: camel(name) });
        self.types.insert(full_name, place);
    }

    /// The packages that have files to generate, in order.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &str> {
        self.packages.keys().map(String::as_str)
    }

    /// The files to generate of a package, by name.
    pub(crate) fn files_of(&self, package: &str) -> impl Iterator<Item = &FileDescriptorProto> {
        self.packages.get(package).into_iter().flatten().map(|index| &self.files[*index])
    }

    /// All files to generate.
    pub(crate) fn generated(&self) -> impl Iterator<Item = &FileDescriptorProto> {
        self.packages.values().flatten().map(|index| &self.files[*index])
    }

    /// A file by its name, generated or not.
    pub(crate) fn file(&self, name: &str) -> Option<&FileDescriptorProto> {
        self.files.iter().find(|file| file.name() == name)
    }

    /// The custom options of a file.
    pub(crate) fn options(&self, file: &FileDescriptorProto) -> Option<&options::File> {
        self.options.get(file.name())
    }

    /// The entry type of a map field, if the type is one.
    pub(crate) fn map_entry(&self, full_name: &str) -> Option<&DescriptorProto> {
        self.map_entries.get(full_name)
    }

    /// The Rust path of a type, seen from `depth` modules below the module of `package`.
    pub(crate) fn rust_path(&self, full_name: &str, package: &str, depth: usize) -> Option<String> {
        let (modules, name) = match self.types.get(full_name)? {
            TypePlace::Extern(path) => return Some(path.clone()),
            TypePlace::Tree { modules, name } => (modules, name),
        };
        let here: Vec<_> = package.split('.').filter(|part| !part.is_empty()).map(snake).collect();
        let common = here.iter().zip(modules).take_while(|(a, b)| a == b).count();
        let up = depth + here.len() - common;
        let supers = std::iter::repeat_n("super", up);
        let down = modules[common..].iter().map(String::as_str);
        Some(supers.chain(down).chain([name.as_str()]).collect::<Vec<_>>().join("::"))
    }

    /// The names of types at the top of a package, and of the modules that nested types and packages make.
    pub(crate) fn taken_names(&self, package: &str) -> BTreeSet<String> {
        let mut taken = BTreeSet::new();
        for file in self.files.iter().filter(|file| file.package() == package) {
            let messages = file.message_type.iter().map(|message| message.name());
            let enums = file.enum_type.iter().map(|enumeration| enumeration.name());
            taken.extend(messages.clone().chain(enums).map(camel));
            taken.extend(messages.map(snake));
        }
        let inside = |other: &str| match package {
            "" => Some(other.to_owned()),
            _ => other.strip_prefix(package)?.strip_prefix('.').map(str::to_owned),
        };
        let below = self.files.iter().filter_map(|file| inside(file.package()));
        taken.extend(below.filter_map(|rest| rest.split('.').next().map(snake)));
        taken
    }
}

fn extern_place(full_name: &str, extern_paths: &[(String, String)]) -> Option<TypePlace> {
    let fits = |(proto, _): &&(String, String)| {
        let rest = full_name.strip_prefix(proto.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let (proto, rust) = extern_paths.iter().filter(fits).max_by_key(|(proto, _)| proto.len())?;
    let rest: Vec<_> =
        full_name[proto.len()..].split('.').filter(|part| !part.is_empty()).collect();
    let Some((name, modules)) = rest.split_last() else {
        return Some(TypePlace::Extern(rust.clone()));
    };
    let modules = modules.iter().map(|module| snake(module));
    let path: Vec<_> = std::iter::once(rust.clone()).chain(modules).chain([camel(name)]).collect();
    Some(TypePlace::Extern(path.join("::")))
}

/// What a file uses that cannot be generated yet.
fn unsupported(file: &FileDescriptorProto, externs: &[(String, String)]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (index, message) in file.message_type.iter().enumerate() {
        unsupported_fields(file, message, &mut vec![4, index_of(index)], &mut problems);
    }
    for (at, service) in file.service.iter().enumerate() {
        for (number, method) in service.method.iter().enumerate() {
            let path = [6, index_of(at), 2, index_of(number)];
            for name in [method.input_type(), method.output_type()] {
                let problem = well_known(name).map(|text| Diagnostic::at(file, &path, text));
                problems.extend(problem.map(|problem| (name.to_owned(), problem)));
            }
        }
    }
    problems.retain(|(name, _)| extern_place(name, externs).is_none());
    problems.into_iter().map(|(_, problem)| problem).collect()
}

fn unsupported_fields(
    file: &FileDescriptorProto,
    message: &DescriptorProto,
    path: &mut Vec<i32>,
    problems: &mut Vec<(String, Diagnostic)>,
) {
    for (index, field) in message.field.iter().enumerate() {
        if let Some(text) = well_known(field.type_name()) {
            let place: Vec<_> = path.iter().copied().chain([2, index_of(index)]).collect();
            problems.push((field.type_name().to_owned(), Diagnostic::at(file, &place, text)));
        }
    }
    for (index, nested) in message.nested_type.iter().enumerate() {
        path.extend([3, index_of(index)]);
        unsupported_fields(file, nested, path, problems);
        path.truncate(path.len() - 2);
    }
}

fn well_known(type_name: &str) -> Option<String> {
    let name = type_name.strip_prefix(".google.protobuf.")?;
    Some(format!(
        "google.protobuf.{name} is not supported yet: use a message of your own, or map it with extern_path"
    ))
}

/// An index as `SourceCodeInfo` has it.
pub(crate) fn index_of(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}
