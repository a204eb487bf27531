//! The rules that every transport keeps.
//!
//! ```
//! use std::sync::Arc;
//!
//! use micro_runtime::Address;
//! use micro_runtime::testing::transport::{TransportUnderTest, suite};
//! use micro_runtime::transport::{MemoryTransport, Transport};
//!
//! struct Memory(MemoryTransport);
//!
//! impl TransportUnderTest for Memory {
//!     fn open(&self) -> Arc<dyn Transport> {
//!         Arc::new(self.0.clone())
//!     }
//!
//!     fn free_address(&self) -> Address {
//!         Address::host("127.0.0.1", 0)
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() {
//!     suite(&Memory(MemoryTransport::new())).await;
//! }
//! ```

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::address::Address;
use crate::codec::Protobuf;
use crate::descriptor::Method;
use crate::error::{Error, Result};
use crate::metadata::Metadata;
use crate::server::Server;
use crate::streaming::{Encoded, Streaming};
use crate::transport::{CallHead, Connection, Limits, Message, StreamReply, Transport, UnaryReply};

mod lifecycle;
mod probe;
mod streams;
mod unary;

use probe::{Events, Line, METHODS, Probe};

/// How long a rule may take before it counts as broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A transport for the [`suite`].
pub trait TransportUnderTest: Send + Sync {
    /// A handle on the transport: servers and clients of all handles reach each other.
    fn open(&self) -> Arc<dyn Transport>;

    /// An address to listen at that nobody else has; port 0 will do.
    fn free_address(&self) -> Address;

    /// An address where nobody listens.
    fn dead_address(&self) -> Address {
        Address::host("127.0.0.1", 9)
    }
}

/// Tries all rules that the transport's capabilities call for, one after the other.
///
/// Needs a tokio runtime with I/O and time enabled.
///
/// # Panics
/// With a sentence that names the rule, if the transport breaks one.
pub async fn suite(under_test: &impl TransportUnderTest) {
    unary::rules(under_test).await;
    lifecycle::rules(under_test).await;
    if under_test.open().capabilities().streams {
        streams::rules(under_test).await;
    } else {
        streams::refused(under_test).await;
    }
}

/// A server of the probe, and a connection to it.
struct Pair {
    server: Server,
    events: Arc<Events>,
    connection: Arc<dyn Connection>,
}

impl Pair {
    async fn open(under_test: &impl TransportUnderTest) -> Self {
        Self::with_limits(under_test, Limits::default()).await
    }

    /// A server with these limits.
    async fn with_limits(under_test: &impl TransportUnderTest, limits: Limits) -> Self {
        let events = Arc::new(Events::default());
        let server = Server::builder()
            .transport(under_test.open())
            .listen(under_test.free_address())
            .limits(limits)
            .handle(Probe(Arc::clone(&events)));
        let server = within("a server listens at a free address", server.start()).await;
        let server = server.unwrap_or_else(|error| panic!("a server listens: {error}"));
        let dial = under_test.open().dial(server.address());
        let connection = within("a client reaches a server", dial).await;
        let connection = connection.unwrap_or_else(|error| panic!("a client connects: {error}"));
        Self { server, events, connection }
    }

    /// A unary call with one line of text.
    fn call(
        &self,
        head: CallHead,
        text: &str,
    ) -> impl Future<Output = Result<Answer>> + Send + use<> {
        let message = Message::new(Arc::new(Line::new(text)), Arc::new(Protobuf));
        let reply = self.connection.unary(head, message);
        async move { Answer::of(reply.await?) }
    }

    /// A call with lines of text in either direction.
    async fn stream(&self, head: CallHead, lines: Streaming<Line>) -> Result<Lines> {
        let codec = Arc::new(Protobuf);
        let messages = Box::pin(Encoded::<_, Line>::new(lines, codec, None));
        Ok(Lines(self.connection.stream(head, messages).await?))
    }
}

/// The head of a call of one of the probe's methods.
fn head(method: &str) -> CallHead {
    let found = METHODS.iter().find(|known| known.name() == method);
    let method = Method::from(found.expect("the probe has the method"));
    CallHead::new("probe", method, Arc::new(Protobuf))
}

/// The same with the time that the call may take.
fn head_within(method: &str, limit: Duration) -> CallHead {
    CallHead { deadline: Some(Instant::now() + limit), ..head(method) }
}

/// The answer to a unary call.
#[derive(Debug)]
struct Answer {
    headers: Metadata,
    text: String,
    trailers: Metadata,
}

impl Answer {
    fn of(reply: UnaryReply) -> Result<Self> {
        let text = Line::read(reply.message)?;
        let (headers, trailers) = (reply.headers.get().clone(), reply.trailers.get().clone());
        Ok(Self { headers, text, trailers })
    }
}

/// The answer to a call with streams.
struct Lines(StreamReply);

impl Lines {
    async fn next(&mut self) -> Result<Option<String>> {
        let next = within("a message or the end comes", self.0.messages.message()).await?;
        next.map(Line::read).transpose()
    }

    /// The messages until the end, and the error that they ended with.
    async fn rest(&mut self) -> (Vec<String>, Option<Error>) {
        let mut lines = Vec::new();
        loop {
            match self.next().await {
                Ok(Some(line)) => lines.push(line),
                Ok(None) => return (lines, None),
                Err(error) => return (lines, Some(error)),
            }
        }
    }
}

/// What a future resolves to; the rule is broken if it takes too long.
async fn within<T>(rule: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("{rule}: nothing within {PATIENCE:?}"))
}

/// An error that a rule asks for.
fn failed<T: std::fmt::Debug>(rule: &str, result: Result<T>) -> Error {
    match result {
        Err(error) => error,
        Ok(value) => panic!("{rule}: it went well, with {value:?}"),
    }
}
