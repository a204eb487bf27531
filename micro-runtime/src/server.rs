//! Be called: services behind a listener.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::address::Address;
use crate::codec::{Codec, Codecs};
use crate::descriptor::{MethodDesc, ServiceDesc};
use crate::dispatch::{self, Dispatch, catch_panic};
use crate::error::{Error, Result};
use crate::middleware::{self, Chain, Content, Invocation, Next};
use crate::transport::{
    Answer, Handle, HttpTransport, Limits, Listener, Route, ServerCall, Transport,
};

mod unknown;

/// Serves handlers at an address.
///
/// Most programs use a [`Service`](crate::Service), which also registers and stops in order.
#[derive(Debug)]
pub struct Server {
    listener: Arc<dyn Listener>,
    services: Vec<&'static ServiceDesc>,
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

    /// Takes no new calls, waits until those at work have ended, and ends the rest after `limit`.
    ///
    /// Returns how many were ended. Dropping the future leaves the server draining.
    pub async fn stop(&self, limit: Duration) -> usize {
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
        Fut: Future<Output = Result<middleware::Reply>> + Send + 'static,
    {
        self.chain = self.chain.with(middleware);
        self
    }

    /// The services added so far.
    pub(crate) fn descriptors(&self) -> Vec<&'static ServiceDesc> {
        self.services.iter().map(|service| service.descriptor()).collect()
    }

    /// Listens and serves.
    ///
    /// # Errors
    /// `already_exists` if a service was added twice; else what the transport says of the address.
    pub async fn start(self) -> Result<Server> {
        let services = self.descriptors();
        let transport = self.transport.unwrap_or_else(|| Arc::new(HttpTransport::default()));
        let address = self.address.unwrap_or_else(|| Address::host("127.0.0.1", 0));
        let router = Router::new(self.services, self.codecs, self.limits, self.chain)?;
        let listener = transport.serve(address, Arc::new(router)).await?;
        Ok(Server { listener, services })
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services = self.services.iter().map(|service| service.descriptor().full_name());
        f.debug_list().entries(services).finish()
    }
}

/// Finds the method that a peer names, and runs the middleware around it.
#[derive(Debug)]
pub(crate) struct Router {
    routes: HashMap<&'static str, usize>,
    entries: Vec<Entry>,
    codecs: Codecs,
    limits: Limits,
    chain: Chain,
}

struct Entry {
    service: Arc<dyn Dispatch>,
    service_name: Arc<str>,
    method: &'static MethodDesc,
    number: usize,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method.path())
    }
}

impl Router {
    pub(crate) fn new(
        services: Vec<Arc<dyn Dispatch>>,
        codecs: Codecs,
        limits: Limits,
        chain: Chain,
    ) -> Result<Self> {
        let (routes, entries) = (HashMap::new(), Vec::new());
        let mut router = Self { routes, entries, codecs, limits, chain };
        for service in services {
            router.add(&service)?;
        }
        Ok(router)
    }

    /// A router for one service with the default settings.
    pub(crate) fn of(service: impl Dispatch) -> Self {
        let services: Vec<Arc<dyn Dispatch>> = vec![Arc::new(service)];
        let router = Self::new(services, Codecs::default(), Limits::default(), Chain::default());
        router.expect("a service's methods have names of their own")
    }

    fn add(&mut self, service: &Arc<dyn Dispatch>) -> Result<()> {
        let descriptor = service.descriptor();
        let service_name: Arc<str> = descriptor.full_name().into();
        for (number, method) in descriptor.methods().iter().enumerate() {
            let index = self.entries.len();
            if self.routes.insert(method.path(), index).is_some() {
                let name = descriptor.full_name();
                return Err(Error::already_exists(format!(
                    "{name} is handled twice by one server"
                )));
            }
            // go-micro's names lack the package: of two services with one short name, the first is meant.
            self.routes.entry(method.endpoint()).or_insert(index);
            let (service, service_name) = (Arc::clone(service), Arc::clone(&service_name));
            self.entries.push(Entry { service, service_name, method, number });
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> Error {
        unknown::error(name, self.entries.iter().map(|entry| entry.method))
    }
}

impl Handle for Router {
    fn limits(&self) -> Limits {
        self.limits
    }

    fn codecs(&self) -> &Codecs {
        &self.codecs
    }

    fn route(&self, name: &str) -> Result<Route> {
        match self.routes.get(name) {
            Some(index) => Ok(Route::new(*index, self.entries[*index].method)),
            None => Err(self.unknown(name)),
        }
    }

    fn handle(&self, route: Route, call: ServerCall) -> Answer {
        let Some(entry) = self.entries.get(route.index()) else {
            return Answer::Ready(Err(self.unknown(route.method().path())));
        };
        if self.chain.is_empty() {
            let answer = catch_panic(|| entry.service.dispatch(entry.number, call));
            return answer.unwrap_or_else(|error| Answer::Ready(Err(error)));
        }
        let (service, number) = (Arc::clone(&entry.service), entry.number);
        let context = call.context.clone();
        let name = Arc::clone(&entry.service_name);
        let invocation = Invocation::server(name, entry.method.into(), context.clone());
        let answer = self.chain.run(invocation, move |_| {
            Box::pin(async move {
                let reply = service.dispatch(number, call).await?;
                Ok(middleware::Reply(Content::Handled(reply)))
            })
        });
        Answer::Later(Box::pin(dispatch::run(context, async move {
            match answer.await?.0 {
                Content::Handled(reply) => Ok(reply),
                Content::Called(_) => {
                    Err(Error::internal("server middleware answered with a client's reply"))
                }
            }
        })))
    }
}
