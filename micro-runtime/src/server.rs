//! Be called: services behind a listener.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::address::Address;
use crate::codec::{Codec, Codecs};
use crate::descriptor::ServiceDesc;
use crate::dispatch::Dispatch;
use crate::error::Result;
use crate::health::{self, Readiness};
use crate::middleware::{Chain, Invocation, Next, Reply};
use crate::reflection;
use crate::service::Phase;
use crate::transport::{HttpTransport, Limits, Listener, Transport};

mod router;
mod unknown;

pub(crate) use router::Router;

use router::Origin;

/// Serves handlers at an address.
///
/// Most programs use a [`Service`](crate::Service), which also registers and stops in order.
///
/// Every server also answers probes and reflection, unless told not to: see
/// [`without_health`](ServerBuilder::without_health) and [`without_reflection`](ServerBuilder::without_reflection).
/// They pass by its middleware, and are in nobody's list of endpoints. A service of the same name that is handled
/// takes their place.
#[derive(Debug)]
pub struct Server {
    listener: Arc<dyn Listener>,
    services: Vec<&'static ServiceDesc>,
    readiness: Readiness,
}

impl Server {
    /// A server to be configured.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// Where it listens, with the port that the system chose.
    #[must_use]
    pub fn address(&self) -> Address {
        self.listener.address()
    }

    /// The services that it serves.
    #[must_use]
    pub fn services(&self) -> &[&'static ServiceDesc] {
        &self.services
    }

    /// Whether it should be called.
    #[must_use]
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// Takes no new calls, waits until those at work have ended, and ends the rest after `limit`.
    ///
    /// Returns how many were ended. Dropping the future leaves the server draining.
    pub async fn stop(&self, limit: Duration) -> usize {
        self.readiness.advance(Phase::Draining);
        let drained = tokio::time::timeout(limit, self.listener.drain()).await;
        if drained.is_ok() { 0 } else { self.listener.abort() }
    }

    /// Ends all calls now; their number.
    #[must_use]
    pub fn abort(&self) -> usize {
        self.listener.abort()
    }
}

/// What a [`Server`] is made of.
#[derive(Default)]
#[must_use = "a builder does nothing until it is started"]
pub struct ServerBuilder {
    address: Option<Address>,
    transport: Option<Arc<dyn Transport>>,
    services: Vec<Arc<dyn Dispatch>>,
    codecs: Codecs,
    limits: Limits,
    chain: Chain,
    pub(crate) readiness: Readiness,
    without_health: bool,
    without_reflection: bool,
}

impl ServerBuilder {
    /// Where to listen; a free port on the loopback interface if not set.
    pub fn listen(mut self, address: Address) -> Self {
        self.address = Some(address);
        self
    }

    /// How calls come in; HTTP if not set.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Serves one more service: a generated `…Server` around a handler.
    pub fn handle(mut self, service: impl Dispatch) -> Self {
        self.services.push(Arc::new(service));
        self
    }

    /// The state that says whether the server should be called; one of its own if not set.
    pub fn readiness(mut self, readiness: Readiness) -> Self {
        self.readiness = readiness;
        self
    }

    /// Answers no probes: neither `grpc.health.v1` nor `/livez` and `/readyz`.
    pub fn without_health(mut self) -> Self {
        self.without_health = true;
        self
    }

    /// Does not tell tools what can be called here: no `grpc.reflection.v1` and `v1alpha`.
    pub fn without_reflection(mut self) -> Self {
        self.without_reflection = true;
        self
    }

    /// Speaks one more codec.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codecs = self.codecs.with(Arc::new(codec));
        self
    }

    /// The sizes taken and sent.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Runs one more async function around every call, inside those that were added before.
    pub fn middleware<F, Fut>(mut self, middleware: F) -> Self
    where
        F: Fn(Invocation, Next) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply>> + Send + 'static,
    {
        self.chain = self.chain.with(middleware);
        self
    }

    /// The services added so far.
    pub(crate) fn descriptors(&self) -> Vec<&'static ServiceDesc> {
        self.services.iter().map(|service| service.descriptor()).collect()
    }

    /// Listens and serves; it is ready from then on.
    ///
    /// # Errors
    /// `already_exists` if a service was added twice; else what the transport says of the address.
    pub async fn start(self) -> Result<Server> {
        let server = self.serve().await?;
        server.readiness.advance(Phase::Ready);
        Ok(server)
    }

    /// Listens and serves; somebody else says when it is ready.
    pub(crate) async fn serve(self) -> Result<Server> {
        let (services, built_in) = (self.descriptors(), self.built_in());
        let readiness = self.readiness;
        let mut router = Router::new(self.codecs, self.limits, self.chain);
        if !self.without_health {
            router.tell(&readiness);
        }
        self.services.iter().try_for_each(|service| router.add(service, Origin::Handled))?;
        built_in.iter().try_for_each(|service| router.add(service, Origin::BuiltIn))?;
        let transport = self.transport.unwrap_or_else(|| Arc::new(HttpTransport::default()));
        let address = self.address.unwrap_or_else(|| Address::host("127.0.0.1", 0));
        let listener = transport.serve(address, Arc::new(router)).await?;
        Ok(Server { listener, services, readiness })
    }

    /// What is answered beside the services that were added, unless one of those has the same name.
    fn built_in(&self) -> Vec<Arc<dyn Dispatch>> {
        let mut services = self.descriptors();
        let names: Vec<_> = services.iter().map(|service| service.full_name()).collect();
        let is_new =
            |service: &Arc<dyn Dispatch>| !names.contains(&service.descriptor().full_name());
        let health = (!self.without_health).then(|| health::prober(&self.readiness, &names));
        let health = health.filter(is_new);
        services.extend(health.iter().map(|service| service.descriptor()));
        if self.without_reflection {
            return health.into_iter().collect();
        }
        let mirrors = reflection::mirrors(&self.readiness, services);
        health.into_iter().chain(mirrors.into_iter().filter(is_new)).collect()
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services = self.services.iter().map(|service| service.descriptor().full_name());
        f.debug_list().entries(services).finish()
    }
}
