//! Nodes that cannot be found or reached.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Arc;
use std::time::Duration;

use guide::greeter::v1::{GreeterClient, GreeterHandler, GreeterServer, SignRequest, SignResponse};
use micro_runtime::registry::LocalRegistry;
use micro_runtime::selector::Filter;
use micro_runtime::{Context, Error, Result, Service};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::table::Table;
use crate::world::{World, client, hello};

const SOON: Duration = Duration::from_millis(50);

pub(crate) async fn rows(table: &mut Table) {
    table.section("Finding and reaching a service");
    let (world, _node) = World::with_node().await;
    table
        .row("misspelt the name", r#"GreeterClient::new("greter", client)"#, async {
            let client = world.client().build().unwrap();
            GreeterClient::new("greter", client).hello(hello()).timeout(SOON).await.unwrap_err()
        })
        .await;
    table
        .row("gave no name", r#"GreeterClient::new("", client)"#, async {
            let client = world.client().build().unwrap();
            GreeterClient::new("", client).hello(hello()).timeout(SOON).await.unwrap_err()
        })
        .await;
    table
        .row("started the caller, and no service", "greeter.hello(request)", async {
            World::default().greeter().hello(hello()).timeout(SOON).await.unwrap_err()
        })
        .await;
    table
        .row("filtered all nodes out", r#".filter(Filter::version("2.0.0"))"#, async {
            let call = world.greeter().hello(hello()).filter(Filter::version("2.0.0"));
            call.timeout(SOON).await.unwrap_err()
        })
        .await;
    reaching(table).await;
    local(table).await;
}

async fn reaching(table: &mut Table) {
    table
        .row("named an address where nobody listens", "fixed://127.0.0.1:8080", async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            drop(listener);
            call_at(port).await
        })
        .await;
    table
        .row("named the port of a web server", "fixed://127.0.0.1:80", async {
            Stranger::says(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.call().await
        })
        .await;
    table
        .row(
            "named a port that hangs up, such as one that wants TLS",
            "fixed://127.0.0.1:443",
            async { Stranger::says(b"").await.call().await },
        )
        .await;
    table.row("killed the node in the middle of a call", "kill -9", killed()).await;
}

async fn call_at(port: u16) -> Error {
    let client = client().registry_url(format!("fixed://127.0.0.1:{port}")).build().unwrap();
    let call = GreeterClient::new("greeter", client).hello(hello());
    call.timeout(Duration::from_millis(500)).await.unwrap_err()
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
                let _ = tokio::io::copy(&mut socket, &mut tokio::io::sink()).await;
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

/// The node is all that there is in a runtime, which ends as a process does: at once.
async fn killed() -> Error {
    let world = World::default();
    let doomed = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (sender, mut called) = mpsc::channel(1);
    let service = world.service().handle(GreeterServer::new(Silent(sender))).build().unwrap();
    let _node = doomed.spawn(service.start()).await.unwrap().unwrap();
    let call = tokio::spawn(world.greeter().sign(SignRequest::default()));
    called.recv().await.unwrap();
    doomed.shutdown_background();
    call.await.unwrap().unwrap_err()
}

async fn local(table: &mut Table) {
    let shared = table.folder().join("shared");
    table
        .row("let others write to the registry's folder", "chmod 777", async {
            fs::create_dir(&shared).unwrap();
            fs::set_permissions(&shared, fs::Permissions::from_mode(0o777)).unwrap();
            start_in(LocalRegistry::new(&shared)).await
        })
        .await;
    let link = table.folder().join("link");
    table
        .row("made the registry's folder a link", "ln -s", async {
            symlink(link.with_file_name("elsewhere"), &link).unwrap();
            start_in(LocalRegistry::new(&link)).await
        })
        .await;
    let file = table.folder().join("file");
    table
        .row("named a file where a folder is wanted", "MICRO_REGISTRY=local:///a/file", async {
            fs::write(&file, "").unwrap();
            start_in(LocalRegistry::new(&file)).await
        })
        .await;
}

async fn start_in(registry: LocalRegistry) -> Error {
    let service = Service::builder("greeter").registry(Arc::new(registry)).build().unwrap();
    service.start().await.unwrap_err()
}
