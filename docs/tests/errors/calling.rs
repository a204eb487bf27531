//! Calls that are wrong, or that go wrong.

use std::time::Duration;

use guide::English;
use guide::greeter::v1::{GreeterHandler, HelloRequest, HelloResponse, SignRequest};
use micro_runtime::descriptor::Kind;
use micro_runtime::transport::Limits;
use micro_runtime::{Context, Result, channel};

use crate::table::Table;
use crate::world::{World, hello};

pub(crate) async fn rows(table: &mut Table) {
    table.section("Calling");
    let (world, _node) = World::with_node().await;
    table
        .row("left too little time", ".timeout(Duration::from_millis(20))", async {
            let slow = HelloRequest { delay_ms: 60_000, ..hello() };
            let greeter = world.greeter();
            // Connecting is not what takes the time.
            greeter.hello(hello()).await.unwrap();
            greeter.hello(slow).timeout(Duration::from_millis(20)).await.unwrap_err()
        })
        .await;
    table
        .row("left no time at all", ".timeout(Duration::ZERO)", async {
            world.greeter().hello(hello()).timeout(Duration::ZERO).await.unwrap_err()
        })
        .await;
    metadata(table, &world).await;
    sizes(table).await;
    methods(table, &world).await;
    table
        .row("went on sending to a call that had ended", "sender.send(message)", async {
            let (sender, stream) = channel(1);
            drop(stream);
            sender.send(hello()).await.unwrap_err()
        })
        .await;
}

async fn metadata(table: &mut Table, world: &World) {
    let wrong = [
        (
            "chose a metadata key that is none",
            r#".metadata("x tenant", "acme")"#,
            "x tenant",
            "acme",
        ),
        (
            "chose a key of the protocol's",
            r#".metadata("grpc-timeout", "1S")"#,
            "grpc-timeout",
            "1S",
        ),
        ("chose a value that is not ASCII", r#".metadata("x-city", "Köln")"#, "x-city", "Köln"),
    ];
    for (wrong, how, key, value) in wrong {
        let call = world.greeter().hello(hello()).metadata(key, value);
        table.row(wrong, how, async { call.await.unwrap_err() }).await;
    }
}

async fn sizes(table: &mut Table) {
    let long = || HelloRequest { name: "Ann ".repeat(500), ..HelloRequest::default() };
    let world = World::default();
    let strict = world.service().limits(Limits::default().max_receive(1_000));
    let strict = strict.handle(guide::greeter::v1::GreeterServer::new(English)).build().unwrap();
    let node = strict.start().await.unwrap();
    table
        .row("sent more than the service takes", "service.limits(max_receive)", async {
            world.greeter().hello(long()).await.unwrap_err()
        })
        .await;
    drop(node);
    let (world, _node) = World::with_node().await;
    let limited = |limits| {
        let client = world.client().limits(limits).build().unwrap();
        guide::greeter::v1::GreeterClient::new("greeter", client).hello(long())
    };
    table
        .row("sent more than the client may send", "client.limits(max_send)", async {
            limited(Limits::default().max_send(1_000)).await.unwrap_err()
        })
        .await;
    table
        .row("got more than the client takes", "client.limits(max_receive)", async {
            limited(Limits::default().max_receive(1_000)).await.unwrap_err()
        })
        .await;
}

/// Has one method, and trips over it.
struct Clumsy;

impl GreeterHandler for Clumsy {
    async fn hello(&self, _: Context, request: HelloRequest) -> Result<HelloResponse> {
        panic!("{} is no number", request.name)
    }
}

async fn methods(table: &mut Table, world: &World) {
    table
        .row("called a method that the service does not have", "/greeter.v1.Greeter/Helo", async {
            world.call(Kind::Unary, "greeter.v1.Greeter", "Helo").await.unwrap_err()
        })
        .await;
    table
        .row("called a node of something else", "/users.v1.Users/Read", async {
            world.call(Kind::Unary, "users.v1.Users", "Read").await.unwrap_err()
        })
        .await;
    table
        .row("sent two messages where one is wanted", "rpc Hello(stream HelloRequest)", async {
            world.call(Kind::ClientStream, "greeter.v1.Greeter", "Hello").await.unwrap_err()
        })
        .await;
    let clumsy = World::default();
    let _node = clumsy.node(Clumsy).await;
    table
        .row("called a method that its handler leaves out", "greeter.sign(request)", async {
            clumsy.greeter().sign(SignRequest::default()).await.unwrap_err()
        })
        .await;
    table
        .row("panicked in a handler", r#"panic!("…")"#, async {
            clumsy.greeter().hello(hello()).await.unwrap_err()
        })
        .await;
}
