//! The protocols of one port, told apart by method and content type.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use super::exchange::{Body, Exchange, Fields, Pending, Request, Response};
use super::grpc::Grpc;
use super::probes::Probes;
use crate::transport::Handle;

/// One way to say calls in HTTP's terms, on a server.
pub(super) trait Protocol: fmt::Debug + Send + Sync + 'static {
    /// Whether a request is one of this protocol's.
    fn accepts(&self, request: &Request) -> bool;

    /// Answers a request that it accepts.
    fn serve(&self, request: Request, served: &Served) -> Pending;
}

/// What a server's protocols share: the handler, and the count of the calls at work.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) handler: Arc<dyn Handle>,
    calls: Arc<AtomicUsize>,
}

impl Served {
    /// One more call at work, until it is dropped.
    pub(super) fn call(&self) -> Call {
        self.calls.fetch_add(1, Ordering::AcqRel);
        Call(Arc::clone(&self.calls))
    }
}

/// A call at work.
#[derive(Debug)]
pub(super) struct Call(Arc<AtomicUsize>);

impl Drop for Call {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The protocols of a server, asked in turn.
#[derive(Debug)]
pub(super) struct Protocols {
    protocols: Vec<Box<dyn Protocol>>,
    served: Served,
}

impl Protocols {
    pub(super) fn new(handler: Arc<dyn Handle>) -> Self {
        let probes = Probes::new(handler.readiness());
        let served = Served { handler, calls: Arc::default() };
        Self { protocols: vec![Box::new(Grpc::default()), Box::new(probes)], served }
    }

    /// How many calls are at work.
    pub(super) fn calls(&self) -> usize {
        self.served.calls.load(Ordering::Acquire)
    }
}

impl Exchange for Protocols {
    fn exchange(&self, request: Request) -> Pending {
        match self.protocols.iter().find(|protocol| protocol.accepts(&request)) {
            Some(protocol) => protocol.serve(request, &self.served),
            None => Pending::Ready(not_accepted(&request)),
        }
    }
}

/// The answer to a request that no protocol understands.
fn not_accepted(request: &Request) -> Response {
    let (method, path) = (&request.method, request.path.path());
    let content_type = request.fields.text("content-type").unwrap_or("no content type");
    let text = format!(
        "{method} {path} with {content_type} is no call: POST with content type application/grpc is\n"
    );
    let mut fields = Fields::with_capacity(1);
    fields.push_static("content-type", "text/plain; charset=utf-8");
    let body = Body::full(Bytes::from(text), None);
    Response::new(http::StatusCode::UNSUPPORTED_MEDIA_TYPE, fields, body)
}
