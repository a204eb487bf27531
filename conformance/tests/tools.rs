//! What people point at a server of which they know the address alone: grpcurl, buf, grpc-health-probe.
//!
//! `cargo xtask test` installs them and names them in `MICRO_TEST_GRPCURL` and the like.

#[path = "tools/buf.rs"]
mod buf;
#[path = "tools/grpcurl.rs"]
mod grpcurl;
#[path = "tools/probe.rs"]
mod probe;

use std::process::Stdio;
use std::time::Duration;

use conformance::Interop;
use conformance::interop::v1::InteropServer;
use micro_runtime::Server;
use tokio::process::Command;

/// What a tool printed, and the number that it ended with.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    /// What it printed, of a tool that ended well.
    fn good(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }
}

/// Runs the tool that a variable names.
async fn run(variable: &str, arguments: &[&str]) -> Ran {
    let tool = std::env::var_os(variable);
    let tool = tool.unwrap_or_else(|| panic!("{variable} names a tool; cargo xtask test sets it"));
    let mut command = Command::new(tool);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(60), command.output());
    let output = output.await.expect("the tool ends").expect("the tool runs");
    let text = |bytes| String::from_utf8(bytes).expect("the tool prints text");
    let code = output.status.code().expect("the tool ends by itself");
    Ran { code, out: text(output.stdout), err: text(output.stderr) }
}

/// A server of `interop.v1.Interop`, and its address.
async fn serve() -> (Server, String) {
    let handler = InteropServer::new(Interop::default());
    let server = Server::builder().handle(handler).start().await.unwrap();
    let address = server.address().to_string();
    (server, address)
}
