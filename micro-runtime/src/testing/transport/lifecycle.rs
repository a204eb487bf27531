//! Rules about the beginning and the end of servers and connections.

use std::time::Duration;

use super::{Line, Lines, Pair, TransportUnderTest, failed, head, within};
use crate::error::{Code, Reach};
use crate::server::Server;
use crate::streaming::Streaming;

pub(super) async fn rules(under_test: &impl TransportUnderTest) {
    nobody_there(under_test).await;
    taken(under_test).await;
    drain(under_test).await;
    abort(under_test).await;
    if under_test.open().capabilities().streams {
        drain_with_stream(under_test).await;
        abort_with_stream(under_test).await;
    }
}

async fn nobody_there(under_test: &impl TransportUnderTest) {
    let rule =
        "dialling where nobody listens is unavailable, with nothing sent and the address as a fact";
    let address = under_test.dead_address();
    let error = failed(rule, within(rule, under_test.open().dial(address.clone())).await);
    assert_eq!(error.code(), Code::Unavailable, "{rule}: {error}");
    assert_eq!(error.reach(), Reach::NotSent, "{rule}: {error}");
    assert_eq!(error.fact("address"), Some(address.to_string().as_str()), "{rule}: {error}");
}

async fn taken(under_test: &impl TransportUnderTest) {
    let rule = "listening where somebody listens already fails, naming the address";
    let pair = Pair::open(under_test).await;
    let address = pair.server.address();
    let second = Server::builder().transport(under_test.open()).listen(address.clone()).start();
    let error = failed(rule, within(rule, second).await);
    assert!(error.message().contains(&address.to_string()), "{rule}: {error}");
    let answer = within(rule, pair.call(head("Echo"), "still here")).await;
    assert!(answer.is_ok(), "{rule}, and the first server goes on: {answer:?}");
}

async fn drain(under_test: &impl TransportUnderTest) {
    let rule = "a draining server finishes the calls at work and takes no others";
    let pair = Pair::open(under_test).await;
    let mut waiting = pair.events.waiting.subscribe();
    let call = tokio::spawn(pair.call(head("Wait"), "at work"));
    within(rule, waiting.wait_for(|count| *count == 1)).await.expect("the probe lives");
    let (address, limit) = (pair.server.address(), Duration::from_secs(60));
    let stopped = pair.server.stop(limit);
    let refused = async {
        // The server tells its callers in its own time: calls that slip through are answered.
        loop {
            match pair.call(head("Echo"), "late").await {
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => break error,
            }
        }
    };
    tokio::pin!(stopped);
    let error = tokio::select! {
        ended = &mut stopped => panic!("{rule}: it stopped with a call at work, ending {ended}"),
        error = within(rule, refused) => error,
    };
    assert_eq!(error.reach(), Reach::NotSent, "{rule}: {error}");
    assert!(!pair.connection.is_open(), "a connection that takes no more calls says so");
    pair.events.release.send_replace(true);
    assert_eq!(within(rule, stopped).await, 0, "{rule}: a call was ended");
    let answer = within(rule, call).await.expect("the call's task ends");
    assert_eq!(answer.map(|answer| answer.text).ok().as_deref(), Some("at work"), "{rule}");
    let error = failed(rule, within(rule, under_test.open().dial(address)).await);
    assert_eq!(error.reach(), Reach::NotSent, "{rule}: {error}");
}

async fn abort(under_test: &impl TransportUnderTest) {
    let rule =
        "an aborted server tells how many calls it ended, and their callers that they are lost";
    let pair = Pair::open(under_test).await;
    let mut waiting = pair.events.waiting.subscribe();
    let calls: Vec<_> = (0..3).map(|_| tokio::spawn(pair.call(head("Wait"), ""))).collect();
    within(rule, waiting.wait_for(|count| *count == 3)).await.expect("the probe lives");
    assert_eq!(pair.server.abort(), 3, "{rule}");
    for call in calls {
        let error = failed(rule, within(rule, call).await.expect("the call's task ends"));
        assert_eq!(error.reach(), Reach::Lost, "{rule}: {error}");
    }
    let mut dropped = pair.events.dropped.subscribe();
    within(rule, dropped.wait_for(|count| *count == 3)).await.expect("the probe lives");
}

/// A call whose answer has begun: one message came, and no more until it is released.
async fn held(rule: &str, pair: &Pair) -> Lines {
    let lines = Streaming::from_items([Line::new("held")]);
    let call = within(rule, pair.stream(head("Hold"), lines)).await;
    let mut lines = call.unwrap_or_else(|error| panic!("{rule}: {error}"));
    let first = lines.next().await.unwrap_or_else(|error| panic!("{rule}: {error}"));
    assert_eq!(first.as_deref(), Some("held"), "{rule}");
    lines
}

async fn drain_with_stream(under_test: &impl TransportUnderTest) {
    let rule = "a draining server finishes the streams at work";
    let pair = Pair::open(under_test).await;
    let mut lines = held(rule, &pair).await;
    let stopped = pair.server.stop(Duration::from_secs(60));
    tokio::pin!(stopped);
    let late = async {
        while pair.call(head("Echo"), "").await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        ended = &mut stopped => panic!("{rule}: it stopped with a stream at work, ending {ended}"),
        () = within(rule, late) => {}
    }
    pair.events.release.send_replace(true);
    let (ended, (rest, end)) = within(rule, async { tokio::join!(stopped, lines.rest()) }).await;
    assert!(ended == 0 && rest.is_empty() && end.is_none(), "{rule}: {ended} {rest:?} {end:?}");
}

async fn abort_with_stream(under_test: &impl TransportUnderTest) {
    let rule = "an aborted server counts streams as calls, and their callers see them lost";
    let pair = Pair::open(under_test).await;
    let mut cancelled = pair.events.cancelled.subscribe();
    let mut lines = held(rule, &pair).await;
    assert_eq!(pair.server.abort(), 1, "{rule}");
    let (_, end) = lines.rest().await;
    let end = failed(rule, end.map_or(Ok(()), Err));
    assert_eq!(end.reach(), Reach::Lost, "{rule}: {end}");
    let rule = "an aborted call's context is cancelled";
    within(rule, cancelled.wait_for(|count| *count > 0)).await.expect("the probe lives");
}
