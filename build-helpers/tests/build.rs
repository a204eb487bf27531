//! What a `build.rs` prints when something is wrong, and what it writes when nothing is.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn builder(folder: &TempDir) -> micro_build::Builder {
    micro_build::configure().out_dir(folder.path().join("out"))
}

/// What cargo prints behind `Error: `, with the folder's path taken out.
fn error(folder: &TempDir, protos: &[&str], includes: &[&str]) -> String {
    failure(builder(folder), folder, protos, includes)
}

fn failure(
    builder: micro_build::Builder,
    folder: &TempDir,
    protos: &[&str],
    includes: &[&str],
) -> String {
    let inside = |names: &[&str]| {
        names.iter().map(|name| folder.path().join(name)).collect::<Vec<PathBuf>>()
    };
    let error = builder.compile(inside(protos), inside(includes)).unwrap_err();
    format!("{error:?}").replace(&format!("{}/", folder.path().display()), "")
}

const HEAD: &str = "syntax = \"proto3\";\npackage p;\n";

#[test]
fn what_does_not_exist_is_named() {
    let folder = folder(&[("proto/a.proto", HEAD)]);
    let start = "; paths start from the folder of Cargo.toml";
    assert_eq!(
        error(&folder, &["proto/b.proto"], &["proto"]),
        format!("proto/b.proto: no such file{start}")
    );
    assert_eq!(
        error(&folder, &["proto/*.txt"], &["proto"]),
        format!("pattern proto/*.txt: no file fits it{start}")
    );
    assert_eq!(
        error(&folder, &["proto/a.proto"], &["protos"]),
        format!("include folder protos: no such folder{start}")
    );
    assert_eq!(
        error(&folder, &[], &["proto"]),
        "no .proto files were named; name a path or a pattern"
    );
}

#[test]
fn a_file_outside_the_include_folders_is_told_so() {
    let folder = folder(&[("proto/a.proto", HEAD), ("other/.keep", "")]);
    let wanted = "proto/a.proto is in none of the include folders (other); include the folder that imports start from";
    assert_eq!(error(&folder, &["proto/a.proto"], &["other"]), wanted);
}

#[test]
fn mistakes_in_a_file_have_a_path_that_can_be_opened() {
    let broken = format!("{HEAD}message M {{\n  string name 1;\n}}\n");
    let importing = format!("{HEAD}import \"q/none.proto\";\n");
    let unknown = format!("{HEAD}message M {{\n  N n = 1;\n}}\n");
    let files: &[(&str, &str)] = &[
        ("proto/p/broken.proto", &broken),
        ("proto/p/importing.proto", &importing),
        ("proto/p/unknown.proto", &unknown),
    ];
    let folder = folder(files);
    let text = error(&folder, &["proto/p/broken.proto"], &["proto"]);
    assert!(text.contains("proto/p/broken.proto:4:15: "), "{text}");
    let text = error(&folder, &["proto/p/importing.proto"], &["proto"]);
    assert!(
        text.contains("proto/p/importing.proto:3:1: Import \"q/none.proto\" was not found"),
        "{text}"
    );
    assert!(text.ends_with("\nimports start from the include folders: proto"), "{text}");
    let text = error(&folder, &["proto/p/unknown.proto"], &["proto"]);
    assert_eq!(text, "proto/p/unknown.proto:4:3: \"N\" is not defined.");
}

#[test]
fn mistakes_that_the_generator_finds_look_the_same() {
    let clash = format!("{HEAD}message a_bc {{}}\nmessage ABc {{}}\nmessage aBc {{}}\n");
    let folder = folder(&[("proto/p/clash.proto", &clash)]);
    let text = error(&folder, &["proto/p/*.proto"], &["proto"]);
    let wanted = "\nproto/p/clash.proto:4:9: message ABc and message a_bc (proto/p/clash.proto:3:9) would both be the Rust \
        type `ABc`; rename one of them, or give it another Rust name with rename=.p.ABc=…\n\
        proto/p/clash.proto:5:9: message aBc and message a_bc (proto/p/clash.proto:3:9) would both be the Rust \
        type `ABc`; rename one of them, or give it another Rust name with rename=.p.aBc=…";
    assert_eq!(text, wanted);
}

#[test]
fn an_option_that_makes_no_sense_is_told_so() {
    let folder = folder(&[("proto/a.proto", HEAD)]);
    let text =
        failure(builder(&folder).descriptors("some"), &folder, &["proto/a.proto"], &["proto"]);
    assert_eq!(text, "option descriptors: expected full, lean or none, got \"some\"");
    let text =
        failure(builder(&folder).extern_path("p", "::q"), &folder, &["proto/a.proto"], &["proto"]);
    assert!(text.starts_with("option extern_path: expected .proto.path=::rust::path"), "{text}");
}

#[test]
fn a_protoc_that_does_not_run_is_named() {
    let folder = folder(&[("proto/a.proto", HEAD)]);
    let text =
        failure(builder(&folder).protoc("/no/protoc"), &folder, &["proto/a.proto"], &["proto"]);
    assert!(
        text.starts_with("cannot run protoc; tried /no/protoc (named in build.rs): "),
        "{text}"
    );
}

#[test]
fn shared_files_need_no_file_of_ones_own() {
    let event = format!(
        "{HEAD}import \"micro/options.proto\";\nimport \"google/api/annotations.proto\";\n\
         message E {{ option (micro.topic) = {{ name: \"e\" }}; }}\n\
         service S {{ rpc Get(E) returns (E) {{ option (google.api.http) = {{ get: \"/e\" }}; }} }}\n"
    );
    let folder = folder(&[("proto/e.proto", &event)]);
    compile(&folder, &["proto/**/*.proto"]);
    let text = fs::read_to_string(folder.path().join("out/p.rs")).unwrap();
    assert!(text.contains("const TOPIC: &'static str = \"e\";"));
    assert!(text.contains("m::HttpRule::new(\"GET\", \"/e\")"));
    assert_eq!(names(&folder.path().join("out")), ["mod.rs", "p.rs"]);
}

#[test]
fn what_is_imported_is_generated_too() {
    let a = "syntax = \"proto3\";\npackage a;\nimport \"b/b.proto\";\nmessage A { b.B b = 1; }\n";
    let b = "syntax = \"proto3\";\npackage b;\nmessage B {}\n";
    let folder = folder(&[("proto/a/a.proto", a), ("proto/b/b.proto", b)]);
    compile(&folder, &["proto/a/a.proto"]);
    assert_eq!(names(&folder.path().join("out")), ["a.rs", "b.rs", "mod.rs"]);
}

#[test]
fn an_unchanged_file_is_not_written_again() {
    let folder = folder(&[("proto/a.proto", HEAD)]);
    compile(&folder, &["proto/a.proto"]);
    let path = folder.path().join("out/p.rs");
    let past = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1);
    fs::File::options().append(true).open(&path).unwrap().set_modified(past).unwrap();
    compile(&folder, &["proto/a.proto"]);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), past);
}

fn compile(folder: &TempDir, protos: &[&str]) {
    let protos = protos.iter().map(|proto| folder.path().join(proto));
    builder(folder).compile(protos, [folder.path().join("proto")]).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A descriptor set of everything in `proto`.
fn descriptor_set(folder: &TempDir, flags: &[&str]) -> PathBuf {
    let set = folder.path().join("set.bin");
    let mut protoc = std::process::Command::new(protoc_bin_vendored::protoc_bin_path().unwrap());
    protoc.arg("-I").arg(folder.path().join("proto")).arg("-o").arg(&set).args(flags);
    assert!(protoc.status().unwrap().success());
    set
}

#[test]
fn a_descriptor_set_takes_the_place_of_protoc() {
    let a = "syntax = \"proto3\";\npackage a;\nimport \"b/b.proto\";\nmessage A { b.B b = 1; }\n";
    let b = "syntax = \"proto3\";\npackage b;\nmessage B {}\n";
    let c = "syntax = \"proto3\";\npackage c;\n";
    let folder = folder(&[("proto/a/a.proto", a), ("proto/b/b.proto", b), ("proto/c/c.proto", c)]);
    compile(&folder, &["proto/a/a.proto"]);
    let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    let from_protoc = [read("a.rs"), read("b.rs"), read("mod.rs")];
    let set = descriptor_set(
        &folder,
        &["--include_imports", "--include_source_info", "a/a.proto", "c/c.proto"],
    );
    fs::remove_dir_all(folder.path().join("out")).unwrap();
    let builder = || builder(&folder).protoc("/no/protoc").descriptor_set(&set);
    builder().compile(["a/*.proto"], [""; 0]).unwrap();
    assert_eq!([read("a.rs"), read("b.rs"), read("mod.rs")], from_protoc);
    assert_eq!(names(&folder.path().join("out")), ["a.rs", "b.rs", "mod.rs"]);
    let text = builder().compile(["*.proto"], [""; 0]).unwrap_err().to_string();
    let wanted =
        "*.proto: no such file in the descriptor set; it has a/a.proto, b/b.proto, c/c.proto";
    assert_eq!(text, wanted);
}

#[test]
fn a_descriptor_set_without_imports_is_told_so() {
    let a = "syntax = \"proto3\";\npackage a;\nimport \"b.proto\";\nmessage A { B b = 1; }\n";
    let b = "syntax = \"proto3\";\nmessage B {}\n";
    let folder = folder(&[("proto/a.proto", a), ("proto/b.proto", b)]);
    let set = descriptor_set(&folder, &["a.proto"]);
    let error = builder(&folder).descriptor_set(&set).compile(["a.proto"], [""; 0]).unwrap_err();
    let text = error.to_string().replace(&format!("{}/", folder.path().display()), "");
    assert_eq!(
        text,
        "cannot read descriptor set set.bin: b.proto is imported and not in it; make it with --include_imports"
    );
}
