//! Streams of every kind.

use std::time::Instant;

use micro_runtime::{Streaming, channel};

use super::calls::hello;
use super::cluster::Cluster;
use super::{Found, Wrong, ensure};
use crate::greeter::v1::{ChatMessage, WatchRequest};

/// One request, many responses: events as they happen.
pub(super) async fn watch(cluster: &Cluster) -> Found {
    const EVENTS: u32 = 3;
    let request = WatchRequest { name: "Bob".to_owned(), limit: EVENTS };
    let response = cluster.greeter().watch(request).full().await?;
    let watched = response.node().map(|node| node.id.clone()).unwrap_or_default();
    let mut events = response.into_message();
    // Only the node that is watched tells of its greetings: greet until it has.
    let greeting = async {
        loop {
            cluster.greeter().hello(hello("Bob")).await?;
        }
    };
    let reading = async {
        let mut seen = 0;
        while let Some(event) = events.message().await? {
            ensure(event.name == "Bob" && event.node == watched, || format!("{event:?}"))?;
            seen += 1;
        }
        Ok::<u32, Wrong>(seen)
    };
    let seen = tokio::select! {
        seen = reading => seen?,
        failed = greeting => match failed {
            Ok(()) => 0,
            Err::<(), micro_runtime::Error>(error) => return Err(error.into()),
        },
    };
    ensure(seen == EVENTS, || format!("{seen} events came, not {EVENTS}"))?;
    Ok(format!("{seen} greetings of Bob told by {watched} as they happened, then a clean end"))
}

/// Many requests, one response.
pub(super) async fn collect(cluster: &Cluster) -> Found {
    let names = ["Ann", "Bob", "Ann", "Cid"];
    let reply = cluster.greeter().collect(Streaming::from_items(names.map(hello))).await?;
    let times = |name: &str| reply.times.get(name).copied();
    ensure(times("Ann") == Some(2) && reply.times.len() == 3, || format!("{:?}", reply.times))?;
    Ok(format!("{} names sent; {:?} said {}", names.len(), reply.text, reply.node))
}

/// Many of both, each answer before the next request.
pub(super) async fn chat(cluster: &Cluster) -> Found {
    const LINES: u32 = 1_000;
    let (sender, lines) = channel(1);
    let mut answers = cluster.greeter().chat(lines).await?;
    let began = Instant::now();
    for number in 0..LINES {
        let text = format!("line {number}");
        sender.send(ChatMessage { text: text.clone(), ..ChatMessage::default() }).await?;
        let answer = answers.message().await?.map(|line| line.text).unwrap_or_default();
        ensure(answer == format!("You said: {text}"), || format!("the answer is {answer:?}"))?;
    }
    let each = began.elapsed() / LINES;
    drop(sender);
    let end = answers.message().await?;
    ensure(end.is_none(), || format!("after the end came {end:?}"))?;
    Ok(format!("{LINES} lines there and back in turn, {each:.0?} each, then a clean end"))
}
