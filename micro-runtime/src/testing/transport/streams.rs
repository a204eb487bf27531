//! Rules about calls with many messages.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Line, Pair, TransportUnderTest, failed, head, head_within, within};
use crate::error::{Code, Error};
use crate::streaming::{Streaming, channel};
use crate::transport::{CallHead, Limits};

/// More than this many messages between a reader that does not read and the handler are too many.
const MOST_WAITING: usize = 200_000;

pub(super) async fn rules(under_test: &impl TransportUnderTest) {
    let pair = Pair::open(under_test).await;
    server_stream(&pair).await;
    client_stream(&pair).await;
    both_ways(&pair).await;
    many_both_ways(&pair).await;
    half_close(&pair).await;
    failing_streams(&pair).await;
    dropped_streams(&pair).await;
    slow_reader(&pair).await;
    deadline(&pair).await;
    deadline_in_silence(&pair).await;
    limits(under_test).await;
}

/// A transport without streams says so.
pub(super) async fn refused(under_test: &impl TransportUnderTest) {
    let rule = "a call with streams over a transport without them is unimplemented";
    let pair = Pair::open(under_test).await;
    let call = pair.stream(head("Talk"), Streaming::from_items([]));
    let Err(error) = within(rule, call).await else { panic!("{rule}: it went well") };
    assert_eq!(error.code(), Code::Unimplemented, "{rule}: {error}");
    assert!(error.message().contains("streams"), "{rule}: {error}");
}

fn one(text: &str) -> Streaming<Line> {
    Streaming::from_items([Line::new(text)])
}

async fn server_stream(pair: &Pair) {
    let rule = "ten thousand messages come in order, with metadata before and after";
    let call = within(rule, pair.stream(head("Count"), one("10000"))).await;
    let mut lines = call.unwrap_or_else(|error| panic!("{rule}: {error}"));
    assert_eq!(lines.0.headers.get().get("x-head"), Some("h"), "{rule}");
    let (numbers, end) = lines.rest().await;
    assert!(end.is_none(), "{rule}: {end:?}");
    let expected = (0..10_000).map(|number| number.to_string());
    assert!(numbers.into_iter().eq(expected), "{rule}");
    assert_eq!(lines.0.messages.trailers().get("x-tail"), Some("t"), "{rule}");
}

async fn client_stream(pair: &Pair) {
    let rule = "ten thousand messages arrive in order, and one answers them";
    let lines = Streaming::from_items((0..10_000).map(|number| Line::new(format!("{number},"))));
    let call = within(rule, pair.stream(head("Join"), lines)).await;
    let mut answer = call.unwrap_or_else(|error| panic!("{rule}: {error}"));
    let (joined, end) = answer.rest().await;
    assert!(end.is_none(), "{rule}: {end:?}");
    let expected: String = (0..10_000).map(|number| format!("{number},")).collect();
    assert!(joined == [expected], "{rule}");
    let ends = pair.events.ends.borrow().clone();
    assert_eq!(ends, [None], "the handler sees a clean end");
}

async fn both_ways(pair: &Pair) {
    let rule = "both sides talk in turn, and the server after the caller has finished";
    let (sender, lines) = channel(1);
    let call = within(rule, pair.stream(head("Talk"), lines)).await;
    let mut answers = call
        .unwrap_or_else(|error| panic!("the head of an answer comes before any message: {error}"));
    for number in 0..100 {
        let text = number.to_string();
        sender.send(Line::new(&text)).await.unwrap_or_else(|error| panic!("{rule}: {error}"));
        let answer = answers.next().await.unwrap_or_else(|error| panic!("{rule}: {error}"));
        assert_eq!(answer.as_ref(), Some(&text), "{rule}");
    }
    sender.send(Line::new("last")).await.unwrap_or_else(|error| panic!("{rule}: {error}"));
    drop(sender);
    let (rest, end) = answers.rest().await;
    assert!(rest == ["last"] && end.is_none(), "{rule}: {rest:?} {end:?}");
}

async fn many_both_ways(pair: &Pair) {
    let rule = "ten thousand messages go each way at once, in order";
    let lines = Streaming::from_items((0..10_000).map(|number| Line::new(number.to_string())));
    let call = within(rule, pair.stream(head("Talk"), lines)).await;
    let (texts, end) = call.unwrap_or_else(|error| panic!("{rule}: {error}")).rest().await;
    assert!(end.is_none(), "{rule}: {end:?}");
    assert!(texts.into_iter().eq((0..10_000).map(|number| number.to_string())), "{rule}");
}

async fn half_close(pair: &Pair) {
    let rule = "the handler sees the end of the caller's stream and sends after it";
    let lines = Streaming::from_items(["a", "b"].map(Line::new));
    let call = within(rule, pair.stream(head("Reply"), lines)).await;
    let (texts, end) = call.unwrap_or_else(|error| panic!("{rule}: {error}")).rest().await;
    assert!(texts == ["a", "b"] && end.is_none(), "{rule}: {texts:?} {end:?}");
}

async fn failing_streams(pair: &Pair) {
    let rule = "messages before a handler's error arrive, and then the error";
    let call = within(rule, pair.stream(head("Count"), one("3!"))).await;
    let (numbers, end) = call.unwrap_or_else(|error| panic!("{rule}: {error}")).rest().await;
    assert_eq!(numbers, ["0", "1", "2"], "{rule}");
    let end = end.unwrap_or_else(|| panic!("{rule}: a clean end"));
    assert!(end.code() == Code::DataLoss && end.message() == "lost count", "{rule}: {end}");

    let rule = "a caller's failing stream is an error to the handler, never a clean end";
    let mut ends = pair.events.ends.subscribe();
    let before = ends.borrow().len();
    let (sender, lines) = channel(1);
    let call = pair.stream(head("Join"), lines);
    let failing = async {
        let sent = sender.send(Line::new("first")).await;
        sent.unwrap_or_else(|error| panic!("{rule}: {error}"));
        // The call may be over before the error is taken, which is as good.
        let _ = sender.fail(Error::aborted("the caller gives up")).await;
    };
    let (call, ()) = within(rule, async { tokio::join!(call, failing) }).await;
    if let Ok(mut answer) = call {
        assert!(answer.rest().await.1.is_some(), "{rule}: the call went well");
    }
    let seen = within(rule, ends.wait_for(|ends| ends.len() > before)).await;
    let seen = seen.expect("the probe lives").last().copied().flatten();
    assert!(seen.is_some(), "{rule}: the handler saw a clean end");
}

async fn dropped_streams(pair: &Pair) {
    let rule = "dropping an answer's stream cancels the handler's context";
    let mut cancelled = pair.events.cancelled.subscribe();
    let before = *cancelled.borrow();
    let call = within(rule, pair.stream(head("Hold"), one("x"))).await;
    let mut lines = call.unwrap_or_else(|error| panic!("{rule}: {error}"));
    assert!(matches!(lines.next().await, Ok(Some(_))), "{rule}");
    drop(lines);
    within(rule, cancelled.wait_for(|count| *count > before)).await.expect("the probe lives");

    let rule = "dropping an answer's stream ends the handler's";
    let mut dropped = pair.events.dropped.subscribe();
    let before = *dropped.borrow();
    let call = within(rule, pair.stream(head("Count"), one("endless"))).await;
    let mut lines = call.unwrap_or_else(|error| panic!("{rule}: {error}"));
    assert!(matches!(lines.next().await, Ok(Some(_))), "{rule}");
    drop(lines);
    within(rule, dropped.wait_for(|count| *count > before)).await.expect("the probe lives");
}

async fn slow_reader(pair: &Pair) {
    let rule = "a reader that does not read stops the writer";
    pair.events.counted.store(0, Ordering::Relaxed);
    let call = within(rule, pair.stream(head("Count"), one("endless"))).await;
    let mut lines = call.unwrap_or_else(|error| panic!("{rule}: {error}"));
    // Other calls are answered meanwhile: time in which an unbounded writer runs away.
    for _ in 0..2_000 {
        let answer = within(rule, pair.call(head("Echo"), "")).await;
        assert!(answer.is_ok(), "a stream that is not read does not stop other calls: {answer:?}");
    }
    let waiting = pair.events.counted.load(Ordering::Relaxed);
    assert!(waiting < MOST_WAITING, "{rule}: {waiting} messages wait");
    assert!(matches!(lines.next().await, Ok(Some(_))), "{rule}, and its messages are still there");
}

async fn deadline(pair: &Pair) {
    let rule = "a deadline ends a stream in its middle";
    let head = head_within("Count", Duration::from_millis(100));
    let call = within(rule, pair.stream(head, one("endless"))).await;
    let (numbers, end) = call.unwrap_or_else(|error| panic!("{rule}: {error}")).rest().await;
    let end = failed(rule, end.map_or(Ok(()), Err));
    assert_eq!(end.code(), Code::DeadlineExceeded, "{rule}: {end}");
    assert!(!numbers.is_empty(), "{rule}: no message came before");
}

async fn deadline_in_silence(pair: &Pair) {
    let rule =
        "a deadline ends a stream that has nothing to say, and cancels the handler's context";
    let mut cancelled = pair.events.cancelled.subscribe();
    let before = *cancelled.borrow();
    let head = head_within("Hold", Duration::from_millis(100));
    let call = within(rule, pair.stream(head, one("only"))).await;
    let (texts, end) = call.unwrap_or_else(|error| panic!("{rule}: {error}")).rest().await;
    let end = failed(rule, end.map_or(Ok(()), Err));
    assert_eq!((texts, end.code()), (vec!["only".to_owned()], Code::DeadlineExceeded), "{rule}");
    within(rule, cancelled.wait_for(|count| *count > before)).await.expect("the probe lives");
}

async fn limits(under_test: &impl TransportUnderTest) {
    let rule = "a message over a limit ends a stream, and those before it arrive";
    let (small, large) = (Line::new("small"), Line::new("x".repeat(2_000)));
    let default = Limits::default();
    for (server, caller) in [
        (default.max_receive(1_000), default),
        (default, default.max_receive(1_000)),
        (default.max_send(1_000), default),
    ] {
        let pair = Pair::with_limits(under_test, server).await;
        let lines = Streaming::from_items([small.clone(), large.clone()]);
        let head = CallHead { limits: caller, ..head("Talk") };
        let call = within(rule, pair.stream(head, lines)).await;
        let (texts, end) = call.unwrap_or_else(|error| panic!("{rule}: {error}")).rest().await;
        let end = failed(rule, end.map_or(Ok(()), Err));
        assert_eq!(end.code(), Code::ResourceExhausted, "{rule}: {end}");
        assert_eq!(texts, ["small"], "{rule}: {end}");
    }
}
