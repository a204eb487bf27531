//! Services that cannot start.

use std::io;
use std::sync::Arc;

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
    let at = |address| start(world.service().listen(address));

    let nameless = Service::builder("").environment(Environment::empty()).build();
    table.row("gave it no name", r#"Service::builder("")"#, nameless.unwrap_err());

    let error = at(node.address()).await;
    table.row("chose a port that is taken", r#".listen("127.0.0.1:8080".parse()?)"#, error);

    let forbidding = Arc::new(HttpTransport::default().network(Forbidding));
    let system = world.service().transport(forbidding).listen(Address::host("127.0.0.1", 80));
    let error = start(system).await;
    table.row("chose a port of the system's", r#".listen("127.0.0.1:80".parse()?)"#, error);

    let error = at(Address::host("203.0.113.1", 8080)).await;
    table.row("chose another machine's", r#".listen("203.0.113.1:8080".parse()?)"#, error);

    let error = at(Address::name("greeter")).await;
    table.row("chose a name for sockets", r#".listen(Address::name("greeter"))"#, error);

    let twice = world.service().handle(GreeterServer::new(English));
    let error = start(twice.handle(GreeterServer::new(English))).await;
    table.row("served the same twice", ".handle(server).handle(server)", error);
}

async fn start(service: ServiceBuilder) -> Error {
    service.build().unwrap().start().await.unwrap_err()
}

/// A system that forbids everything, for tests run by users who may do everything.
#[derive(Debug)]
struct Forbidding;

impl Network for Forbidding {
    fn dial(&self, _: Address) -> BoxFuture<io::Result<Socket>> {
        Box::pin(async { Err(io::ErrorKind::PermissionDenied.into()) })
    }

    fn listen(&self, _: Address) -> BoxFuture<io::Result<Box<dyn Acceptor>>> {
        Box::pin(async { Err(io::ErrorKind::PermissionDenied.into()) })
    }
}
