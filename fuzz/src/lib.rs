//! What the generator promises for every input, and inputs that nobody would write.
//!
//! Two kinds of them, both made from the generator's own corpus:
//!
//! | module | makes |
//! |---|---|
//! | [`wire`] | requests that protoc would never send |
//! | [`text`] | `.proto` files, of which protoc takes some |
//!
//! Each has one whole answer, soon, with no panic behind it, and code that is Rust.
//!
//! `cargo xtask fuzz SECONDS` runs both. Input number *n* is the same on every machine and in every run.

use std::path::{Component, Path};

use prost::Message;
use protoc_gen_micro_rs::{Answer, Request, answer};

pub mod seeds;
pub mod text;
pub mod wire;

/// Whether an error tells of a mistake of the generator.
fn is_ours(error: &str) -> bool {
    error.starts_with("the generator panicked: ") || error.contains("a mistake of ours")
}

/// What an input led to, in order of how much was done for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is no request at all.
    Refused,
    /// Its mistakes were told.
    Told,
    /// Code was generated.
    Generated,
}

/// Puts a request to the generator, twice.
///
/// # Errors
/// What was promised and not kept.
pub fn check(request: &[u8]) -> Result<Outcome, String> {
    let Ok(request) = Request::decode(request) else { return Ok(Outcome::Refused) };
    let first = answer(&request);
    if first != answer(&request) {
        return Err("two answers to one request differ".to_owned());
    }
    whole(&first)
}

/// An answer is an error or files, never both; files have names inside the folder, each once.
fn whole(answer: &Answer) -> Result<Outcome, String> {
    let files = &answer.response.file;
    if let Some(error) = &answer.response.error {
        if !files.is_empty() {
            return Err(format!("{} files beside the error {error:?}", files.len()));
        }
        if error.is_empty() {
            return Err("an error without a text".to_owned());
        }
        return if is_ours(error) { Err(error.clone()) } else { Ok(Outcome::Told) };
    }
    let mut names: Vec<_> = files.iter().map(|file| file.name.as_deref().unwrap_or("")).collect();
    let is_inside = |name: &&str| {
        !name.is_empty()
            && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
    };
    if let Some(outside) = names.iter().find(|name| !is_inside(name)) {
        return Err(format!("a file is called {outside:?}"));
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    if names.len() < count {
        return Err("two files have one name".to_owned());
    }
    Ok(Outcome::Generated)
}

#[cfg(test)]
mod tests {
    use protoc_gen_micro_rs::{OutputFile, Response};

    use super::*;

    fn file(name: &str) -> OutputFile {
        OutputFile { name: Some(name.to_owned()), content: Some(String::new()) }
    }

    fn of(error: Option<&str>, file: Vec<OutputFile>) -> Result<Outcome, String> {
        let mut answer = Answer::default();
        answer.response = Response { error: error.map(str::to_owned), file, ..Response::default() };
        whole(&answer)
    }

    #[test]
    fn half_an_answer_is_noticed() {
        assert_eq!(of(None, vec![file("a.rs")]), Ok(Outcome::Generated));
        assert_eq!(of(Some("x"), vec![]), Ok(Outcome::Told));
        of(Some("the generator panicked: x"), vec![]).unwrap_err();
        of(Some("x"), vec![file("a.rs")]).unwrap_err();
        of(None, vec![file("a.rs"), file("a.rs")]).unwrap_err();
        for name in ["../a.rs", "/a.rs", "", "a/../../b.rs"] {
            of(None, vec![file(name)]).unwrap_err();
        }
    }
}
