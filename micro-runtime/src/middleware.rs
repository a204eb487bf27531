//! One async function around a call, the same on both sides.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use crate::BoxFuture;
use crate::client::Answered;
use crate::context::Context;
use crate::descriptor::Method;
use crate::error::{Error, Result};
use crate::metadata::Metadata;
use crate::transport;

/// A call on its way through the middleware of a client or a server.
#[derive(Debug)]
pub struct Invocation {
    service: Arc<str>,
    method: Method,
    side: Side,
}

/// Which side of the call the middleware stands on, and what it knows there.
#[derive(Debug)]
enum Side {
    Client { metadata: Metadata, deadline: Option<Instant> },
    Server { context: Context },
}

impl Invocation {
    pub(crate) fn client(
        service: Arc<str>,
        method: Method,
        metadata: Metadata,
        deadline: Option<Instant>,
    ) -> Self {
        Self { service, method, side: Side::Client { metadata, deadline } }
    }

    pub(crate) fn server(service: Arc<str>, method: Method, context: Context) -> Self {
        Self { service, method, side: Side::Server { context } }
    }

    /// The service: its name in the registry for a client, its full protobuf name for a server.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The caller's metadata.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        match &self.side {
            Side::Client { metadata, .. } => metadata,
            Side::Server { context } => context.metadata(),
        }
    }

    /// Adds metadata to what a client sends.
    ///
    /// # Errors
    /// As [`Metadata::append`]; `failed_precondition` on a server, where the metadata is the caller's:
    /// keep values for the handler with [`insert_value`](Self::insert_value).
    pub fn append_metadata(
        &mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Bytes>,
    ) -> Result<()> {
        match &mut self.side {
            Side::Client { metadata, .. } => metadata.append(key, value),
            Side::Server { .. } => Err(Error::failed_precondition(
                "a server does not change its caller's metadata; use insert_value",
            )),
        }
    }

    /// Keeps a value for a server's handler, who asks for it with [`Context::value`].
    ///
    /// There is one value of each type; it stays in this process.
    ///
    /// # Errors
    /// `failed_precondition` on a client, whose call takes metadata along and nothing else.
    pub fn insert_value<T: Clone + Send + Sync + 'static>(&self, value: T) -> Result<()> {
        match &self.side {
            Side::Server { context } => {
                context.insert_value(value);
                Ok(())
            }
            Side::Client { .. } => Err(Error::failed_precondition(
                "a client has no handler to keep values for; use append_metadata",
            )),
        }
    }

    /// When the caller stops waiting.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match &self.side {
            Side::Client { deadline, .. } => *deadline,
            Side::Server { context } => context.deadline(),
        }
    }

    /// The handler's context, on a server.
    #[must_use]
    pub fn context(&self) -> Option<&Context> {
        match &self.side {
            Side::Client { .. } => None,
            Side::Server { context } => Some(context),
        }
    }

    pub(crate) fn into_metadata(self) -> Metadata {
        match self.side {
            Side::Client { metadata, .. } => metadata,
            Side::Server { .. } => Metadata::new(),
        }
    }
}

/// A successful answer on its way back: for a stream, its beginning.
#[derive(Debug)]
pub struct Reply(pub(crate) Content);

#[derive(Debug)]
pub(crate) enum Content {
    Handled(transport::Reply),
    Called(Answered),
}

impl Reply {
    /// The metadata that came before the message, on a client.
    #[must_use]
    pub fn headers(&self) -> Option<&Metadata> {
        match &self.0 {
            Content::Handled(_) => None,
            Content::Called(answered) => Some(answered.headers()),
        }
    }
}

/// The rest of a call's way: the next middleware, or the call itself.
pub struct Next {
    chain: Chain,
    position: usize,
    last: Last,
}

type Step = Arc<dyn Fn(Invocation, Next) -> BoxFuture<Result<Reply>> + Send + Sync>;
type Last = Box<dyn FnOnce(Invocation) -> BoxFuture<Result<Reply>> + Send>;

impl Next {
    /// Goes on with the call.
    ///
    /// # Errors
    /// What the call, or middleware further in, failed with.
    pub async fn run(mut self, invocation: Invocation) -> Result<Reply> {
        match self.chain.0.get(self.position).cloned() {
            None => (self.last)(invocation).await,
            Some(step) => {
                self.position += 1;
                step(invocation, self).await
            }
        }
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Next({} of {})", self.position, self.chain.0.len())
    }
}

/// The middleware of a client or server, outermost first.
#[derive(Clone, Default)]
pub(crate) struct Chain(Arc<[Step]>);

impl Chain {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These and one more, further in.
    pub(crate) fn with<F, Fut>(&self, middleware: F) -> Self
    where
        F: Fn(Invocation, Next) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        let step: Step = Arc::new(move |invocation, next| Box::pin(middleware(invocation, next)));
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    pub(crate) fn run(
        &self,
        invocation: Invocation,
        last: impl FnOnce(Invocation) -> BoxFuture<Result<Reply>> + Send + 'static,
    ) -> BoxFuture<Result<Reply>> {
        let next = Next { chain: self.clone(), position: 0, last: Box::new(last) };
        Box::pin(next.run(invocation))
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} middleware", self.0.len())
    }
}
