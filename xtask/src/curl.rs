//! The example's server, asked by the real curl over both versions of HTTP.

use std::process::Command;

use crate::command::target;

mod cases;
mod server;

use cases::{CASES, Case};
use server::Server;

/// The versions of HTTP, as curl is told to speak them.
const VERSIONS: [(&str, &str); 2] =
    [("HTTP/1.1", "--http1.1"), ("HTTP/2", "--http2-prior-knowledge")];

/// How much of a body the table shows.
const SHOWN: usize = 90;

/// Asks, and prints one table; an error if an answer is not as it should be.
pub(crate) fn run(_: &[String]) -> Result<(), String> {
    if let Some(reason) = missing() {
        return Err(reason);
    }
    let wrong = ask()?.1;
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} answers are not as they should be")) }
}

/// Why there is no curl to ask with, if there is none.
pub(crate) fn missing() -> Option<String> {
    match Command::new("curl").arg("--version").output() {
        Err(error) => Some(format!("there is no curl here: {error}")),
        Ok(told) if String::from_utf8_lossy(&told.stdout).contains("HTTP2") => None,
        Ok(_) => Some("curl speaks no HTTP/2 here".to_owned()),
    }
}

/// Asks everything, and prints the table: how many answers were right, and how many wrong.
pub(crate) fn ask() -> Result<(u32, u32), String> {
    let folder = target().join("curl");
    let server = Server::start(&folder)?;
    cases::write_large(&folder)?;
    println!("{:26} {:>8} {:>8}  body", "case", VERSIONS[0].0, VERSIONS[1].0);
    let (mut right, mut wrong) = (0, 0);
    for case in &CASES {
        let answers = VERSIONS.map(|(_, flag)| Answer::of(case, &server, flag));
        let problems: Vec<_> = answers.iter().filter_map(|answer| answer.problem(case)).collect();
        let [older, newer] = &answers;
        println!("{:26} {:>8} {:>8}  {}", case.name, older.status, newer.status, newer.shown());
        problems.iter().for_each(|problem| println!("    wrong: {problem}"));
        let count = u32::try_from(problems.len()).expect("there are two answers");
        wrong += count;
        right += 2 - count;
    }
    server.stop()?;
    Ok((right, wrong))
}

/// What curl says.
struct Answer {
    status: String,
    body: String,
}

impl Answer {
    fn of(case: &Case, server: &Server, version: &str) -> Self {
        let url = format!("http://{}{}", server.address(), case.path);
        let told = Command::new("curl")
            .args(["--silent", "--show-error", "--max-time", "20", version])
            .args(["--write-out", "\n%{http_code}"])
            .args(case.arguments)
            .arg(url)
            // Where the file of the case that is too large lies.
            .current_dir(server.folder())
            .output();
        let text = match told {
            Err(error) => error.to_string(),
            Ok(told) => [told.stdout, told.stderr]
                .map(|text| String::from_utf8_lossy(&text).into_owned())
                .concat(),
        };
        let (body, status) = text.rsplit_once('\n').unwrap_or((&text, "none"));
        Self { status: status.to_owned(), body: body.to_owned() }
    }

    /// What is not as the case wants it.
    fn problem(&self, case: &Case) -> Option<String> {
        let lacks = |part: &&&str| !self.body.contains(**part);
        if self.status != case.status {
            return Some(format!("wanted {}, got {}: {}", case.status, self.status, self.body));
        }
        let part = case.parts.iter().find(lacks)?;
        Some(format!("{part:?} is not in {}", self.body))
    }

    fn shown(&self) -> String {
        match self.body.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &self.body[..end]),
            None => self.body.clone(),
        }
    }
}
