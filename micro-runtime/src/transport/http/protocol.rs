//! The protocols of one port, told apart by method and content type.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::connect::Connect;
use super::exchange::{Exchange, Pending, Request};
use super::grpc::Grpc;
use super::probes::Probes;
use crate::clock::Clock;
use crate::transport::Handle;

/// One way to say calls in HTTP's terms, on a server.
pub(super) trait Protocol: fmt::Debug + Send + Sync + 'static {
    /// Whether a request is one of this protocol's.
    fn accepts(&self, request: &Request) -> bool;

    /// Answers a request that it accepts.
    fn serve(&self, request: Request, served: &Served) -> Pending;
}

/// What a server's protocols share: the handler, the deadlines, and the count of the calls at work.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) handler: Arc<dyn Handle>,
    pub(super) clock: Arc<Clock>,
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
        let served = Served { handler, clock: Arc::default(), calls: Arc::default() };
        Self { protocols: vec![Box::new(Grpc), Box::new(probes)], served }
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
            // Its errors are what anybody who speaks HTTP understands.
            None => Connect.serve(request, &self.served),
        }
    }
}
