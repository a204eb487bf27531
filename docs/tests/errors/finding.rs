//! Nodes that cannot be found or reached.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use guide::greeter::v1::{GreeterClient, GreeterHandler, SignRequest, SignResponse};
use micro_runtime::registry::LocalRegistry;
use micro_runtime::selector::Filter;
use micro_runtime::{Context, Error, Result, testing};
use tokio::io::{AsyncWriteExt, copy, copy_bidirectional, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::table::Table;
use crate::world::{World, client, hello, unused_port};

const SOON: Duration = Duration::from_millis(50);

pub(crate) async fn rows(table: &mut Table) {
    table.section("Finding and reaching a service");
    let (world, _node) = World::with_node().await;
    let named = |name: &str| GreeterClient::new(name, world.client().build().unwrap());

    let error = named("greter").hello(hello()).timeout(SOON).await.unwrap_err();
    table.row("misspelt the name", r#"GreeterClient::new("greter", client)"#, error);

    let error = named("").hello(hello()).timeout(SOON).await.unwrap_err();
    table.row("gave no name", r#"GreeterClient::new("", client)"#, error);

    let nobody = World::new().greeter();
    let error = nobody.hello(hello()).timeout(SOON).await.unwrap_err();
    table.row("started the caller, and no service", "greeter.hello(request)", error);

    let newer = world.greeter().hello(hello()).filter(Filter::version("2.0.0"));
    let error = newer.timeout(SOON).await.unwrap_err();
    table.row("filtered all nodes out", r#".filter(Filter::version("2.0.0"))"#, error);

    let error = call_at(unused_port().await).await;
    table.row("named an address where nobody listens", "fixed://127.0.0.1:8080", error);

    let error = Stranger::says(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.call().await;
    table.row("named the port of a web server", "fixed://127.0.0.1:80", error);

    let error = Stranger::says(b"").await.call().await;
    table.row("named a port that hangs up", "fixed://127.0.0.1:443", error);

    table.row("killed the node in the middle of a call", "kill -9", killed().await);
    local(table).await;
}

async fn local(table: &mut Table) {
    let folder = table.folder().join("shared");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    let error = start_in(&folder).await;
    table.row("let others write to the registry's folder", "chmod 777", error);

    let link = table.folder().join("link");
    symlink(&folder, &link).unwrap();
    table.row("made the registry's folder a link", "ln -s", start_in(&link).await);

    let file = table.folder().join("file");
    fs::write(&file, "").unwrap();
    let error = start_in(&file).await;
    table.row("named a file where a folder is wanted", "MICRO_REGISTRY=local:///a/file", error);
}

async fn start_in(folder: &Path) -> Error {
    let registry = Arc::new(LocalRegistry::new(folder));
    let service = testing::World::new().service("greeter").registry(registry).build().unwrap();
    service.start().await.unwrap_err()
}

fn greeter_at(port: u16) -> GreeterClient {
    let client = client().registry_url(format!("fixed://127.0.0.1:{port}")).build().unwrap();
    GreeterClient::new("greeter", client)
}

async fn call_at(port: u16) -> Error {
    // Longer than all tries take: what stands behind a deadline depends on when it passes.
    greeter_at(port).hello(hello()).timeout(Duration::from_secs(60)).await.unwrap_err()
}

/// A server of something else.
struct Stranger {
    port: u16,
    _task: JoinSet<()>,
}

impl Stranger {
    async fn says(greeting: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                // The client may have gone. While it has not, what it says is read: a socket that is closed
                // before that is reset, which is another mistake.
                let _ = socket.write_all(greeting).await;
                let _ = socket.shutdown().await;
                let _ = copy(&mut socket, &mut sink()).await;
            }
        });
        Self { port, _task: task }
    }

    async fn call(self) -> Error {
        call_at(self.port).await
    }
}

/// Tells that a call has come, and never answers it.
struct Silent(mpsc::Sender<()>);

impl GreeterHandler for Silent {
    async fn sign(&self, _: Context, _: SignRequest) -> Result<SignResponse> {
        self.0.send(()).await.unwrap();
        std::future::pending().await
    }
}

/// As a caller sees it: the sockets of the node's process are closed, and nothing is said.
async fn killed() -> Error {
    let world = World::new();
    let (sender, mut called) = mpsc::channel(1);
    let node = world.node(Silent(sender)).await;
    let near = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = near.local_addr().unwrap().port();
    let far = node.address().to_string();
    let mut cable = JoinSet::new();
    cable.spawn(async move {
        let (mut client, _) = near.accept().await.unwrap();
        let mut node = TcpStream::connect(far).await.unwrap();
        copy_bidirectional(&mut client, &mut node).await
    });
    let call = tokio::spawn(greeter_at(port).sign(SignRequest::default()));
    called.recv().await.unwrap();
    cable.shutdown().await;
    call.await.unwrap().unwrap_err()
}
