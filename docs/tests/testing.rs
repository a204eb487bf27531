//! The tests that the chapters on events and on testing show.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use guide::greeter::v1::{
    Greeted, GreeterClient, GreeterHandler, GreeterServer, HelloRequest, HelloResponse,
};
use micro_runtime::broker::{DeadLetter, SubscribeOptions};
use micro_runtime::codec::{Codec, DecodeError, EncodeError, Payload};
use micro_runtime::testing::World;
use micro_runtime::{Code, Context, Error, Result, Subscriber};
use tokio::time::Instant;

/// Greets a whole party, one guest after the other.
struct Party {
    greeter: GreeterClient,
}

impl Party {
    async fn greet(&self, guests: &[&str]) -> Result<Vec<String>> {
        let mut greetings = Vec::new();
        for guest in guests {
            let name = (*guest).to_owned();
            let request = HelloRequest { name, ..HelloRequest::default() };
            greetings.push(self.greeter.hello(request).await?.text);
        }
        Ok(greetings)
    }
}

/// Knows Ann, and nobody else.
struct Mock;

impl GreeterHandler for Mock {
    async fn hello(&self, _: Context, request: HelloRequest) -> Result<HelloResponse> {
        match &*request.name {
            "Ann" => Ok(HelloResponse { text: "Hi!".to_owned(), ..HelloResponse::default() }),
            other => Err(Error::not_found(format!("there is no {other}"))),
        }
    }
}

#[tokio::test]
async fn a_stranger_spoils_the_party() {
    let party = Party { greeter: GreeterClient::in_process(Mock) };
    assert_eq!(party.greet(&["Ann"]).await.unwrap(), ["Hi!"]);
    let error = party.greet(&["Ann", "Bob"]).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::NotFound, "there is no Bob"));
}

/// Answers when everybody has left.
struct Sleepy;

impl GreeterHandler for Sleepy {
    async fn hello(&self, _: Context, _: HelloRequest) -> Result<HelloResponse> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_given_up_after_five_seconds() {
    let started = Instant::now();
    let greeter = GreeterClient::in_process(Sleepy);
    let error = greeter.hello(HelloRequest::default()).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert_eq!(started.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn calls_go_to_the_node_that_is_left() {
    let world = World::new();
    let node = |id| world.service("greeter").id(id).handle(GreeterServer::new(Mock)).build();
    let first = node("1").unwrap().start().await.unwrap();
    let second = node("2").unwrap().start().await.unwrap();
    first.stop().await;

    let greeter = GreeterClient::new("greeter", world.client().build().unwrap());
    let request = HelloRequest { name: "Ann".to_owned(), ..HelloRequest::default() };
    let response = greeter.hello(request).full().await.unwrap();
    assert_eq!(response.node().unwrap().id, second.node().id);
}

/// Works on no day.
async fn closed(_: Context, _: Greeted) -> Result<()> {
    Err(Error::unavailable("no mail today"))
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_cannot_be_sent_is_tried_five_times_and_then_dead() {
    let world = World::new();
    let mailer = world.service("mailer").subscribe(Subscriber::new(closed).group("mailers"));
    let _node = mailer.build().unwrap().start().await.unwrap();
    let broker = world.broker();
    let mut dead = broker.subscribe(SubscribeOptions::new("greeter.greeted.dead")).await.unwrap();

    let client = world.client().build().unwrap();
    client.publish(Greeted::default()).await.unwrap();

    let delivery = dead.next().await.unwrap().unwrap();
    let letter = DeadLetter::of(delivery.message()).unwrap();
    assert_eq!((letter.attempts, letter.errors.len()), (5, 5));
    delivery.done();
}

/// Protobuf, with each bit flipped.
#[derive(Debug)]
struct Flipped;

impl Codec for Flipped {
    fn name(&self) -> &'static str {
        "flipped"
    }

    fn encode(&self, payload: &dyn Payload, out: &mut BytesMut) -> Result<(), EncodeError> {
        let start = out.len();
        payload.encode(out);
        out[start..].iter_mut().for_each(|byte| *byte = !*byte);
        Ok(())
    }

    fn decode(&self, bytes: Bytes, payload: &mut dyn Payload) -> Result<(), DecodeError> {
        payload.merge(bytes.iter().map(|byte| !byte).collect())
    }
}

#[test]
fn the_flipped_codec_keeps_all_rules() {
    micro_runtime::testing::codec::suite(&Flipped);
}
