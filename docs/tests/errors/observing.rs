//! What probes and tools are told.

use std::time::Duration;

use guide::English;
use guide::greeter::v1::GreeterServer;
use guide::grpc::health::v1::{HealthCheckRequest, HealthClient};
use guide::grpc::reflection::v1::server_reflection_request::MessageRequest;
use guide::grpc::reflection::v1::server_reflection_response::MessageResponse;
use guide::grpc::reflection::v1::{ServerReflectionClient, ServerReflectionRequest};
use micro_runtime::service::{Phase, ServiceBuilder};
use micro_runtime::{Error, Streaming};

use crate::stranger::ask;
use crate::table::Table;
use crate::world::World;

pub(crate) async fn rows(table: &mut Table) {
    table.section("Probes and tools");
    parts(table).await;
    leaving(table).await;
    switched_off(table).await;

    let (world, _node) = World::with_node().await;
    let health = HealthClient::new("greeter", world.client().build().unwrap());
    let request = HealthCheckRequest { service: "greeter.v1.Greter".to_owned() };
    let error = health.check(request).await.unwrap_err();
    table.row("asked for the health of what is not there", "Health.Check", error);

    let how = "grpcurl … describe greeter.v1.Greter";
    table.row("asked for a symbol that is not there", how, symbol(&world).await);
}

async fn start(service: ServiceBuilder) -> micro_runtime::service::Running {
    service.handle(GreeterServer::new(English)).build().unwrap().start().await.unwrap()
}

async fn parts(table: &mut Table) {
    let node = start(World::new().service()).await;
    node.readiness().not_ready("database", "no connection since noon");
    node.readiness().not_ready("cache", "cold");
    let read = ask(&node, "GET /readyz", &[], "").await;
    table.row("asked while parts are not ready", "curl …/readyz", read);
}

async fn leaving(table: &mut Table) {
    // Longer than anything here takes: the stop is not waited for.
    let node = start(World::new().service().grace(Duration::from_secs(3_600))).await;
    let mut states = node.readiness().watch();
    let asked = async {
        states.wait_for(|state| state.phase() == Phase::Leaving).await.unwrap();
        ask(&node, "GET /readyz", &[], "").await
    };
    let read = tokio::select! {
        () = node.stop() => unreachable!("its grace is an hour"),
        read = asked => read,
    };
    table.row("asked a node that stops", "curl …/readyz", read);
}

async fn switched_off(table: &mut Table) {
    let node = start(World::new().service().without_health()).await;
    let read = ask(&node, "GET /readyz", &[], "").await;
    table.row("asked where probes are switched off", "service.without_health()", read);
}

async fn symbol(world: &World) -> Error {
    let symbol = MessageRequest::FileContainingSymbol("greeter.v1.Greter".to_owned());
    let request = ServerReflectionRequest {
        message_request: Some(symbol),
        ..ServerReflectionRequest::default()
    };
    let mirror = ServerReflectionClient::new("greeter", world.client().build().unwrap());
    let mut answers =
        mirror.server_reflection_info(Streaming::from_items([request])).await.unwrap();
    let answer = answers.message().await.unwrap().and_then(|answer| answer.message_response);
    match answer {
        Some(MessageResponse::ErrorResponse(error)) => Error::not_found(error.error_message),
        other => panic!("an unknown symbol is answered with {other:?}"),
    }
}
