//! Calls that are wrong, or that go wrong.

use std::time::Duration;

use guide::English;
use guide::greeter::v1::{
    GreeterClient, GreeterHandler, GreeterServer, HelloRequest, HelloResponse, SignRequest,
};
use micro_runtime::descriptor::Kind;
use micro_runtime::transport::Limits;
use micro_runtime::{Context, Result, channel};

use crate::table::Table;
use crate::world::{World, hello};

pub(crate) async fn rows(table: &mut Table) {
    table.section("Calling");
    let (world, _node) = World::with_node().await;
    times(table, &world).await;
    metadata(table, &world).await;
    sizes(table).await;
    methods(table, &world).await;

    let (sender, stream) = channel(1);
    drop(stream);
    let error = sender.send(hello()).await.unwrap_err();
    table.row("went on sending to a call that had ended", "sender.send(message)", error);
}

async fn times(table: &mut Table, world: &World) {
    let greeter = world.greeter();
    // Connecting is not what takes the time.
    greeter.hello(hello()).await.unwrap();
    let slow = HelloRequest { delay_ms: 60_000, ..hello() };
    let error = greeter.hello(slow).timeout(Duration::from_millis(20)).await.unwrap_err();
    table.row("left too little time", ".timeout(Duration::from_millis(20))", error);

    let error = greeter.hello(hello()).timeout(Duration::ZERO).await.unwrap_err();
    table.row("left no time at all", ".timeout(Duration::ZERO)", error);
}

async fn metadata(table: &mut Table, world: &World) {
    for (wrong, key, value) in [
        ("chose a metadata key that is none", "x tenant", "acme"),
        ("chose a key of the protocol's", "grpc-timeout", "1S"),
        ("chose a value that is not ASCII", "x-city", "Köln"),
    ] {
        let error = world.greeter().hello(hello()).metadata(key, value).await.unwrap_err();
        table.row(wrong, &format!(".metadata({key:?}, {value:?})"), error);
    }
}

async fn sizes(table: &mut Table) {
    let long = || HelloRequest { name: "Ann ".repeat(500), ..HelloRequest::default() };
    let receiving = Limits::default().max_receive(1_000);
    let world = World::new();
    let strict = world.service().limits(receiving).handle(GreeterServer::new(English));
    let strict = strict.build().unwrap().start().await.unwrap();
    let error = world.greeter().hello(long()).await.unwrap_err();
    table.row("sent more than the service takes", "service.limits(…)", error);
    drop(strict);

    let (world, _node) = World::with_node().await;
    let greeter = |limits| {
        let client = world.client().limits(limits).build().unwrap();
        GreeterClient::new("greeter", client)
    };
    let sending = Limits::default().max_send(1_000);
    let error = greeter(sending).hello(long()).await.unwrap_err();
    table.row("sent more than the client may send", "client.limits(…)", error);

    let error = greeter(receiving).hello(long()).await.unwrap_err();
    table.row("got more than the client takes", "client.limits(…)", error);
}

/// Has one method, and trips over it.
struct Clumsy;

impl GreeterHandler for Clumsy {
    async fn hello(&self, _: Context, request: HelloRequest) -> Result<HelloResponse> {
        panic!("{} is no number", request.name)
    }
}

async fn methods(table: &mut Table, world: &World) {
    let error = world.call(Kind::Unary, "greeter.v1.Greeter", "Helo").await.unwrap_err();
    table.row("called a method that is not there", "/greeter.v1.Greeter/Helo", error);

    let error = world.call(Kind::Unary, "users.v1.Users", "Read").await.unwrap_err();
    table.row("called a node of something else", "/users.v1.Users/Read", error);

    let twice = world.call(Kind::ClientStream, "greeter.v1.Greeter", "Hello");
    let error = twice.await.unwrap_err();
    table.row("sent two messages where one is wanted", "rpc Hello(stream HelloRequest)", error);

    let clumsy = World::new();
    let _node = clumsy.node(Clumsy).await;
    let error = clumsy.greeter().sign(SignRequest::default()).await.unwrap_err();
    table.row("called a method that its handler leaves out", "greeter.sign(request)", error);

    let error = clumsy.greeter().hello(hello()).await.unwrap_err();
    table.row("panicked in a handler", r#"panic!("…")"#, error);
}
