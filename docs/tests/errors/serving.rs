//! Services that cannot start.

use std::io;

use guide::English;
use guide::greeter::v1::GreeterServer;
use micro_runtime::service::ServiceBuilder;
use micro_runtime::transport::HttpTransport;
use micro_runtime::transport::http::network::{Acceptor, Network, Socket};
use micro_runtime::{Address, BoxFuture, Environment, Error, Service};

use crate::table::Table;
use crate::world::World;

pub(crate) async fn rows(table: &mut Table) {
    table.section("Starting a service");
    let (world, node) = World::with_node().await;
    table
        .row("gave it no name", r#"Service::builder("")"#, async {
            Service::builder("").environment(Environment::empty()).build().unwrap_err()
        })
        .await;
    table
        .row("chose a port that is taken", r#".listen("127.0.0.1:8080".parse()?)"#, async {
            start(world.service().listen(node.address())).await
        })
        .await;
    table
        .row("chose a port of the system's", r#".listen("127.0.0.1:80".parse()?)"#, async {
            let transport = HttpTransport::default().network(Forbidden);
            let service = world.service().transport(std::sync::Arc::new(transport));
            start(service.listen(Address::host("127.0.0.1", 80))).await
        })
        .await;
    table
        .row(
            "chose an address of another machine",
            r#".listen("203.0.113.1:8080".parse()?)"#,
            async { start(world.service().listen(Address::host("203.0.113.1", 8080))).await },
        )
        .await;
    table
        .row(
            "chose a name where sockets need an address",
            r#".listen(Address::name("greeter"))"#,
            async { start(world.service().listen(Address::name("greeter"))).await },
        )
        .await;
    table
        .row("served the same twice", ".handle(server).handle(server)", async {
            let twice = world.service().handle(GreeterServer::new(English));
            start(twice.handle(GreeterServer::new(English))).await
        })
        .await;
}

async fn start(service: ServiceBuilder) -> Error {
    service.build().unwrap().start().await.unwrap_err()
}

/// A system that forbids everything, for tests run by users who may do everything.
#[derive(Debug)]
struct Forbidden;

impl Network for Forbidden {
    fn dial(&self, _: Address) -> BoxFuture<io::Result<Socket>> {
        Box::pin(async { Err(io::ErrorKind::PermissionDenied.into()) })
    }

    fn listen(&self, _: Address) -> BoxFuture<io::Result<Box<dyn Acceptor>>> {
        Box::pin(async { Err(io::ErrorKind::PermissionDenied.into()) })
    }
}
