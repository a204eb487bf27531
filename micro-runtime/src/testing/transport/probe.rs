//! The service that the suite calls, written by hand as generated code would be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use tokio::sync::watch;

use crate::codec::{DecodeError, EncodeError, Payload};
use crate::context::Context;
use crate::descriptor::{FileDesc, Kind, MethodDesc, ServiceDesc};
use crate::dispatch::{self, Dispatch};
use crate::error::{Code, Detail, Error, Result};
use crate::streaming::{Streaming, channel, decode};
use crate::transport::{Answer, ServerCall};

/// A line of text.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Line {
    #[prost(string, tag = "1")]
    pub(super) text: String,
}

impl Line {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The text of an encoded line.
    pub(super) fn read(bytes: Bytes) -> Result<String> {
        decode::<Self>(&crate::codec::Protobuf, bytes, Code::Internal).map(|line| line.text)
    }
}

impl Payload for Line {
    fn full_name(&self) -> &'static str {
        "micro.testing.Line"
    }

    fn encoded_len(&self) -> usize {
        prost::Message::encoded_len(self)
    }

    fn encode(&self, out: &mut BytesMut) {
        prost::Message::encode_raw(self, out);
    }

    fn merge(&mut self, bytes: Bytes) -> std::result::Result<(), DecodeError> {
        prost::Message::merge(self, bytes).map_err(DecodeError::from_cause)
    }

    fn write_json(&self, _: &mut Vec<u8>) -> std::result::Result<(), EncodeError> {
        Err(EncodeError::new("a line has no JSON"))
    }

    fn merge_json(&mut self, _: &[u8]) -> std::result::Result<(), DecodeError> {
        Err(DecodeError::new("a line has no JSON"))
    }
}

macro_rules! method {
    ($kind:ident, $name:literal) => {
        MethodDesc::new(
            Kind::$kind,
            $name,
            concat!("Probe.", $name),
            concat!("/micro.testing.Probe/", $name),
            "micro.testing.Line",
            "micro.testing.Line",
        )
    };
}

pub(super) static METHODS: [MethodDesc; 12] = [
    method!(Unary, "Echo"),
    method!(Unary, "Fail"),
    method!(Unary, "Wait"),
    method!(Unary, "Panic"),
    method!(Unary, "TimeLeft"),
    method!(Unary, "Grow"),
    method!(ServerStream, "Count"),
    method!(ClientStream, "Join"),
    method!(Bidi, "Talk"),
    method!(Unary, "Missing"),
    method!(ServerStream, "Hold"),
    method!(Bidi, "Reply"),
];

static FILE: FileDesc = FileDesc::new("micro/testing/probe.proto", &[], &[]);
static SERVICE: ServiceDesc = ServiceDesc::new("Probe", "micro.testing.Probe", &METHODS, &FILE);

/// What happens in the handlers, for rules about that.
#[derive(Debug)]
pub(super) struct Events {
    /// Handlers that began to wait, and those that were dropped while they did.
    pub(super) waiting: watch::Sender<usize>,
    pub(super) dropped: watch::Sender<usize>,
    /// Contexts that were cancelled while somebody waited for that.
    pub(super) cancelled: watch::Sender<usize>,
    /// The context of the last call that failed.
    pub(super) failed: watch::Sender<Option<Context>>,
    /// Messages that `Count` has handed to its stream.
    pub(super) counted: AtomicUsize,
    /// How the callers' streams ended.
    pub(super) ends: watch::Sender<Vec<Option<Code>>>,
    /// Lets waiting handlers answer.
    pub(super) release: watch::Sender<bool>,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            waiting: watch::channel(0).0,
            dropped: watch::channel(0).0,
            cancelled: watch::channel(0).0,
            failed: watch::channel(None).0,
            counted: AtomicUsize::new(0),
            ends: watch::channel(Vec::new()).0,
            release: watch::channel(false).0,
        }
    }
}

/// A handler that waits: tells when it is dropped.
struct Waiting(Arc<Events>);

impl Waiting {
    fn begin(events: &Arc<Events>) -> Self {
        events.waiting.send_modify(|count| *count += 1);
        Self(Arc::clone(events))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.dropped.send_modify(|count| *count += 1);
    }
}

pub(super) struct Probe(pub(super) Arc<Events>);

impl Dispatch for Probe {
    fn descriptor(&self) -> &'static ServiceDesc {
        &SERVICE
    }

    fn dispatch(&self, method: usize, call: ServerCall) -> Answer {
        let events = Arc::clone(&self.0);
        match method {
            0 => dispatch::unary(call, echo),
            1 => dispatch::unary(call, |context, line| fail(events, context, line)),
            2 => dispatch::unary(call, |context, line| wait(events, context, line)),
            3 => dispatch::unary(call, panics),
            4 => dispatch::unary(call, time_left),
            5 => dispatch::unary(call, grow),
            6 => dispatch::server_stream(call, |context, line| count(events, context, line)),
            7 => dispatch::client_stream(call, |_, lines| join(events, lines)),
            8 => dispatch::bidi(call, talk),
            10 => dispatch::server_stream(call, |context, line| hold(events, context, line)),
            11 => dispatch::bidi(call, reply),
            other => dispatch::unknown_method(other),
        }
    }
}

/// Gives the text back, and metadata that begins with `x-` as headers and trailers.
async fn echo(context: Context, line: Line) -> Result<Line> {
    for (key, value) in context.metadata().iter().filter(|(key, _)| key.starts_with("x-")) {
        context.append_header(key.to_owned(), value.clone())?;
        context.append_trailer(key.to_owned(), value.clone())?;
    }
    Ok(line)
}

/// Fails with the text as message, a detail, a header, a trailer, and what must stay at home.
async fn fail(events: Arc<Events>, context: Context, line: Line) -> Result<Line> {
    events.failed.send_replace(Some(context.clone()));
    context.append_header("x-head", "h")?;
    context.append_trailer("x-tail", "t")?;
    let detail = Detail::new("type.googleapis.com/micro.testing.Line", vec![10, 1, 65]);
    let error = Error::new(Code::FailedPrecondition, line.text).with_detail(detail);
    Err(error.with_fact("secret", "stays at home").with_cause("stays at home"))
}

/// Tells when the context is cancelled.
fn watch_context(events: &Arc<Events>, context: &Context) {
    let (events, watched) = (Arc::clone(events), context.clone());
    context.spawn(async move {
        watched.cancelled().await;
        events.cancelled.send_modify(|count| *count += 1);
    });
}

/// Answers when it is released.
async fn wait(events: Arc<Events>, context: Context, line: Line) -> Result<Line> {
    watch_context(&events, &context);
    let waiting = Waiting::begin(&events);
    let mut release = events.release.subscribe();
    let released = release.wait_for(|released| *released).await.is_ok();
    std::mem::forget(waiting);
    if released { Ok(line) } else { Err(Error::internal("the suite is over")) }
}

async fn panics(_: Context, line: Line) -> Result<Line> {
    panic!("on purpose: {}", line.text)
}

/// Answers whether the handler knows a deadline.
async fn time_left(context: Context, _: Line) -> Result<Line> {
    let millis = context.time_left().map(|left| left.as_millis().to_string());
    Ok(Line::new(millis.unwrap_or_else(|| "none".to_owned())))
}

/// Answers with as many letters as the text says.
async fn grow(_: Context, line: Line) -> Result<Line> {
    Ok(Line::new("x".repeat(line.text.parse().unwrap_or(0))))
}

/// Counts up to the number in the text, and fails then if an exclamation mark follows it.
async fn count(events: Arc<Events>, context: Context, line: Line) -> Result<Streaming<Line>> {
    context.append_header("x-head", "h")?;
    context.append_trailer("x-tail", "t")?;
    let fails = line.text.ends_with('!');
    let limit: usize = line.text.trim_end_matches('!').parse().unwrap_or(usize::MAX);
    let (sender, stream) = channel(1);
    tokio::spawn(async move {
        let _waiting = Waiting::begin(&events);
        for number in 0..limit {
            if sender.send(Line::new(number.to_string())).await.is_err() {
                return;
            }
            events.counted.fetch_add(1, Ordering::Relaxed);
        }
        if fails {
            // The caller may be gone, which is as good.
            let _ = sender.fail(Error::data_loss("lost count")).await;
        }
    });
    Ok(stream)
}

/// Sends the text once and then nothing, until it is released.
async fn hold(events: Arc<Events>, context: Context, line: Line) -> Result<Streaming<Line>> {
    watch_context(&events, &context);
    let (sender, stream) = channel(1);
    tokio::spawn(async move {
        let waiting = Waiting::begin(&events);
        let mut release = events.release.subscribe();
        let sent = sender.send(line).await;
        let released = async { release.wait_for(|released| *released).await.is_ok() };
        tokio::select! {
            biased;
            () = sender.closed() => {}
            _ = released => std::mem::forget(waiting),
        }
        sent
    });
    Ok(stream)
}

/// Waits for the end of the caller's stream, and only then gives all texts back.
async fn reply(_: Context, mut lines: Streaming<Line>) -> Result<Streaming<Line>> {
    let mut all = Vec::new();
    while let Some(line) = lines.message().await? {
        all.push(line);
    }
    Ok(Streaming::from_items(all))
}

/// Joins all texts, and tells how the caller's stream ended.
async fn join(events: Arc<Events>, mut lines: Streaming<Line>) -> Result<Line> {
    let mut joined = String::new();
    let end = loop {
        match lines.message().await {
            Ok(Some(line)) => joined.push_str(&line.text),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    events.ends.send_modify(|ends| ends.push(end.as_ref().map(Error::code)));
    end.map_or_else(|| Ok(Line::new(joined)), Err)
}

/// Gives each text back as it comes.
async fn talk(context: Context, mut lines: Streaming<Line>) -> Result<Streaming<Line>> {
    let (sender, stream) = channel(1);
    context.spawn(async move {
        loop {
            match lines.message().await {
                Ok(Some(line)) => sender.send(line).await?,
                Ok(None) => return Ok(()),
                Err(error) => return sender.fail(error).await,
            }
        }
    });
    Ok(stream)
}
