//! The protoc plugin: reads a request, writes the answer.

use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

use prost::Message;
use protoc_gen_micro_rs::{OPTIONS, Request, VERSION, answer, tree};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        None => plugin(),
        Some("--tree") => match arguments.get(1) {
            Some(folder) => print_tree(Path::new(folder)),
            None => fail("--tree needs the folder with the generated files"),
        },
        Some("--version" | "-V") => print(&format!("protoc-gen-micro-rs {VERSION}\n")),
        Some("--help" | "-h") => print(&help()),
        Some(other) => fail(&format!("unknown argument {other:?}")),
    }
}

/// Answers protoc, which waits for bytes and nothing else.
fn plugin() -> ExitCode {
    // A panic is caught and told in the answer; its text on the terminal would only confuse.
    std::panic::set_hook(Box::new(|_| {}));
    let mut request = Vec::new();
    if let Err(error) = std::io::stdin().lock().read_to_end(&mut request) {
        return fail(&format!("cannot read protoc's request: {error}"));
    }
    if request.is_empty() {
        return fail("nothing on standard input, where protoc sends its request");
    }
    let request = match Request::decode(&*request) {
        Ok(request) => request,
        Err(error) => return fail(&format!("standard input is no request of protoc: {error}")),
    };
    let answer = answer(&request);
    // protoc passes on what is said here.
    answer.warnings.iter().for_each(|warning| eprintln!("warning: {warning}"));
    write(&answer.response.encode_to_vec())
}

/// Prints the tree of modules for all files in a folder that this program wrote.
fn print_tree(folder: &Path) -> ExitCode {
    let mut files = Vec::new();
    if let Err(error) = read_files(folder, "", &mut files) {
        return fail(&format!("cannot read {}: {error}", folder.display()));
    }
    print(&tree(files.iter().map(|(name, text)| (&**name, &**text))))
}

fn read_files(
    folder: &Path,
    prefix: &str,
    files: &mut Vec<(String, String)>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_files(&entry.path(), &format!("{name}/"), files)?;
        } else if name.ends_with(".rs") {
            files.push((name, std::fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

fn print(text: &str) -> ExitCode {
    write(text.as_bytes())
}

fn write(bytes: &[u8]) -> ExitCode {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("cannot write: {error}")),
    }
}

fn fail(why: &str) -> ExitCode {
    eprintln!("protoc-gen-micro-rs: {why}");
    eprintln!("protoc runs this program: protoc --micro-rs_out=DIR -I INCLUDE FILE.proto");
    eprintln!("try --help");
    ExitCode::FAILURE
}

fn help() -> String {
    let options = OPTIONS.iter().map(|option| {
        let (name, value, effect) = (option.name, option.value, option.effect);
        format!("  {name:<18}{value}\n{:20}{effect}\n", "")
    });
    let options: String = options.collect();
    format!(
        "protoc-gen-micro-rs {VERSION}: Rust messages, clients and servers from .proto files

protoc runs this program, if it is on the PATH:
  protoc --micro-rs_out=DIR [--micro-rs_opt=OPTION=VALUE,…] -I INCLUDE FILE.proto…

It writes a file for each package, such as greeter.v1.rs, and mod.rs with the modules that include them.

options:
{options}
arguments:
  --help        this text
  --tree DIR    the tree of modules for the files in DIR, where several runs wrote with mod_file=none:
                protoc-gen-micro-rs --tree src/gen > src/gen/mod.rs
  --version     the version
"
    )
}
