//! Rules about calls with one message each way.

use std::time::Duration;

use super::{Pair, TransportUnderTest, failed, head, head_within, within};
use crate::descriptor::{Idempotency, Kind, Method};
use crate::error::Code;
use crate::metadata::Metadata;
use crate::transport::{CallHead, Limits, Message};

pub(super) async fn rules(under_test: &impl TransportUnderTest) {
    let pair = Pair::open(under_test).await;
    messages(&pair, under_test).await;
    many_at_once(&pair).await;
    metadata(&pair).await;
    errors(&pair).await;
    unknown_methods(&pair).await;
    deadlines(&pair).await;
    cancellation(&pair).await;
    broken_messages(&pair).await;
    panics(&pair).await;
    limits(under_test).await;
}

async fn messages(pair: &Pair, under_test: &impl TransportUnderTest) {
    let most = under_test.open().capabilities().max_message.unwrap_or(usize::MAX);
    for size in [0, 1, 1 << 10, 1 << 20].into_iter().filter(|size| size + 16 < most) {
        let rule = "a message comes back as it was sent";
        let text = "ä".repeat(size / 2);
        let answer = within(rule, pair.call(head("Echo"), &text)).await;
        let answer = answer.unwrap_or_else(|error| panic!("{rule}, with {size} bytes: {error}"));
        assert!(answer.text == text, "{rule}, with {size} bytes");
    }
    if most < usize::MAX {
        let rule = "a message larger than the transport carries is refused";
        let error =
            failed(rule, within(rule, pair.call(head("Echo"), &"x".repeat(most + 1))).await);
        assert_eq!(error.code(), Code::ResourceExhausted, "{rule}: {error}");
        let rule = "an answer larger than the transport carries is refused";
        let call = pair.call(head("Grow"), &(most + 1).to_string());
        let error = failed(rule, within(rule, call).await);
        assert_eq!(error.code(), Code::ResourceExhausted, "{rule}: {error}");
    }
}

async fn many_at_once(pair: &Pair) {
    let rule = "a hundred calls at once each get their own answer";
    let texts: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    let calls: Vec<_> =
        texts.iter().map(|text| tokio::spawn(pair.call(head("Echo"), text))).collect();
    for (call, text) in calls.into_iter().zip(&texts) {
        let answer = within(rule, call).await.expect("the call's task ends");
        assert_eq!(&answer.unwrap_or_else(|error| panic!("{rule}: {error}")).text, text, "{rule}");
    }
}

async fn metadata(pair: &Pair) {
    let rule = "metadata goes there and comes back, repeated and binary values too";
    let mut sent = Metadata::new();
    for (key, value) in [("x-a", &b"1"[..]), ("x-a", b"2"), ("x-raw-bin", b"\0\xff,\x07")] {
        sent.append(key, value.to_vec()).expect("the suite's metadata can be sent");
    }
    let call = pair.call(CallHead { metadata: sent.clone(), ..head("Echo") }, "");
    let answer = within(rule, call).await.unwrap_or_else(|error| panic!("{rule}: {error}"));
    for received in [&answer.headers, &answer.trailers] {
        for key in ["x-a", "x-raw-bin"] {
            let values =
                |metadata: &Metadata| -> Vec<_> { metadata.get_all_bytes(key).cloned().collect() };
            assert_eq!(values(received), values(&sent), "{rule}: {key}");
        }
    }
}

async fn errors(pair: &Pair) {
    let rule = "an error keeps code, message, details and trailers on its way";
    let message = "no “Ann” at 100 %\nsecond line";
    let error = failed(rule, within(rule, pair.call(head("Fail"), message)).await);
    assert_eq!(error.code(), Code::FailedPrecondition, "{rule}");
    assert_eq!(error.message(), message, "{rule}");
    let details: Vec<_> = error.details().iter().map(|detail| detail.type_url()).collect();
    assert_eq!(details, ["type.googleapis.com/micro.testing.Line"], "{rule}");
    assert_eq!(error.trailers().get("x-tail"), Some("t"), "{rule}");
    assert!(!error.is_local(), "an answer is known to be one");
    let rule = "an error's facts and causes stay at home";
    assert!(!format!("{error:?}").contains("stays at home"), "{rule}");
    let rule = "a call that its handler has answered, be it with an error, was not given up";
    let context = pair.events.failed.borrow().clone().expect("the probe keeps the context");
    assert!(!context.is_cancelled(), "{rule}");
}

async fn unknown_methods(pair: &Pair) {
    let rule = "a method that is not there is unimplemented, and the error names it";
    for (service, name) in [("micro.testing.Probe", "Nothing"), ("micro.testing.Nobody", "Home")] {
        let method = Method::named(Kind::Unary, service, name, Idempotency::Unknown);
        let call = pair.call(CallHead { method, ..head("Echo") }, "");
        let error = failed(rule, within(rule, call).await);
        assert_eq!(error.code(), Code::Unimplemented, "{rule}: {error}");
        assert!(error.message().contains(name), "{rule}: {error}");
    }
    let error = failed(rule, within(rule, pair.call(head("Missing"), "")).await);
    assert_eq!(error.code(), Code::Unimplemented, "{rule}: {error}");
}

async fn deadlines(pair: &Pair) {
    let rule = "the handler knows the caller's deadline";
    let call = pair.call(head_within("TimeLeft", Duration::from_secs(3_600)), "");
    let answer = within(rule, call).await.unwrap_or_else(|error| panic!("{rule}: {error}"));
    let left: u64 = answer.text.parse().unwrap_or_else(|_| panic!("{rule}: {}", answer.text));
    assert!((3_000_000..=3_604_000).contains(&left), "{rule}: {left} ms of an hour");
    let answer = within(rule, pair.call(head("TimeLeft"), "")).await;
    assert_eq!(answer.map(|answer| answer.text).ok().as_deref(), Some("none"), "{rule}");

    let rule = "a handler that is too late is dropped, and its caller told so";
    let mut dropped = pair.events.dropped.subscribe();
    let before = *dropped.borrow();
    let call = pair.call(head_within("Wait", Duration::from_millis(50)), "");
    let error = failed(rule, within(rule, call).await);
    assert_eq!(error.code(), Code::DeadlineExceeded, "{rule}: {error}");
    within(rule, dropped.wait_for(|count| *count > before)).await.expect("the probe lives");
    let rule = "a deadline that passes cancels the handler's context";
    let mut cancelled = pair.events.cancelled.subscribe();
    within(rule, cancelled.wait_for(|count| *count > 0)).await.expect("the probe lives");
}

async fn cancellation(pair: &Pair) {
    let rule = "dropping a call drops its handler and cancels the handler's context";
    let (mut waiting, mut dropped) =
        (pair.events.waiting.subscribe(), pair.events.dropped.subscribe());
    let mut cancelled = pair.events.cancelled.subscribe();
    let before = (*waiting.borrow(), *dropped.borrow());
    let cancelled_before = *cancelled.borrow();
    let call = tokio::spawn(pair.call(head("Wait"), ""));
    within(rule, waiting.wait_for(|count| *count > before.0)).await.expect("the probe lives");
    call.abort();
    within(rule, dropped.wait_for(|count| *count > before.1)).await.expect("the probe lives");
    let again = cancelled.wait_for(|count| *count > cancelled_before);
    within(rule, again).await.expect("the probe lives");
}

async fn broken_messages(pair: &Pair) {
    let rule = "bytes that are no message are named with the type that was wanted";
    let reply = pair.connection.unary(head("Echo"), Message::encoded(vec![0xff; 3]));
    let error = failed(rule, within(rule, reply).await);
    assert!(error.message().contains("micro.testing.Line"), "{rule}: {error}");
    let answer = within(rule, pair.call(head("Echo"), "still here")).await;
    assert!(answer.is_ok(), "the connection survives a message that is none: {answer:?}");
}

async fn panics(pair: &Pair) {
    let rule = "a handler's panic fails its call and nothing else";
    let other = tokio::spawn(pair.call(head_within("Wait", Duration::from_millis(200)), ""));
    let error = failed(rule, within(rule, pair.call(head("Panic"), "x")).await);
    assert_eq!(error.code(), Code::Internal, "{rule}: {error}");
    assert!(!error.message().contains("on purpose"), "a panic's text stays at home: {error}");
    let other = within(rule, other).await.expect("the other call's task ends");
    assert_eq!(failed(rule, other).code(), Code::DeadlineExceeded, "{rule}");
    let answer = within(rule, pair.call(head("Echo"), "still here")).await;
    assert!(answer.is_ok(), "{rule}: {answer:?}");
}

async fn limits(under_test: &impl TransportUnderTest) {
    let rule = "a message over a limit is refused, naming the setting, in each direction";
    let small = |limits: Limits| CallHead { limits, ..head("Echo") };
    let (text, default) = ("x".repeat(2_000), Limits::default());
    let server = Limits::default().max_receive(1_000);
    for (server, caller, setting) in [
        (server, default, "Limits::max_receive"),
        (default, default.max_send(1_000), "Limits::max_send"),
        (default, default.max_receive(1_000), "Limits::max_receive"),
        (default.max_send(1_000), default, "Limits::max_send"),
    ] {
        let pair = Pair::with_limits(under_test, server).await;
        let error = failed(rule, within(rule, pair.call(small(caller), &text)).await);
        assert_eq!(error.code(), Code::ResourceExhausted, "{rule}: {error}");
        assert!(error.message().contains(setting), "{rule}: {error} lacks {setting}");
        assert!(error.message().contains("1000"), "{rule}: {error} lacks the limit");
        let answer = within(rule, pair.call(small(caller), "small")).await;
        assert!(answer.is_ok(), "a small message still comes through: {answer:?}");
    }
}
