//! Finds the method that a peer names, and runs the middleware around it.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::unknown;
use crate::codec::Codecs;
use crate::descriptor::MethodDesc;
use crate::dispatch::{self, Dispatch, catch_panic};
use crate::error::{Error, Result};
use crate::health::Readiness;
use crate::middleware::{self, Chain, Content, Invocation};
use crate::transport::{Answer, Handle, Limits, Route, ServerCall};

/// The methods of a server by the names that peers have for them.
#[derive(Debug)]
pub(crate) struct Router {
    routes: HashMap<&'static str, usize>,
    entries: Vec<Entry>,
    codecs: Codecs,
    limits: Limits,
    chain: Chain,
    /// For transports with probes of their own.
    readiness: Option<Readiness>,
}

/// Whose a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The user's: middleware runs around it, and errors name it.
    Handled,
    /// The server's own.
    BuiltIn,
}

struct Entry {
    service: Arc<dyn Dispatch>,
    service_name: Arc<str>,
    method: &'static MethodDesc,
    number: usize,
    origin: Origin,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method.path())
    }
}

impl Router {
    pub(super) fn new(codecs: Codecs, limits: Limits, chain: Chain) -> Self {
        let (routes, entries, readiness) = (HashMap::new(), Vec::new(), None);
        Self { routes, entries, codecs, limits, chain, readiness }
    }

    /// A router for one service with the default settings.
    pub(crate) fn of(service: impl Dispatch) -> Self {
        let mut router = Self::new(Codecs::default(), Limits::default(), Chain::default());
        let service: Arc<dyn Dispatch> = Arc::new(service);
        let added = router.add(&service, Origin::Handled);
        added.expect("a service's methods have names of their own");
        router
    }

    /// Tells transports with probes of their own how the server is.
    pub(super) fn tell(&mut self, readiness: &Readiness) {
        self.readiness = Some(readiness.clone());
    }

    /// # Errors
    /// `already_exists` if the service was added before.
    pub(super) fn add(&mut self, service: &Arc<dyn Dispatch>, origin: Origin) -> Result<()> {
        let descriptor = service.descriptor();
        let service_name: Arc<str> = descriptor.full_name().into();
        for (number, method) in descriptor.methods().iter().enumerate() {
            let index = self.entries.len();
            if self.routes.insert(method.path(), index).is_some() {
                let name = descriptor.full_name();
                return Err(Error::already_exists(format!(
                    "{name} is handled twice by one server: remove one .handle(…) of the two"
                )));
            }
            // go-micro's names lack the package: of two services with one short name, the first is meant.
            self.routes.entry(method.endpoint()).or_insert(index);
            let (service, service_name) = (Arc::clone(service), Arc::clone(&service_name));
            self.entries.push(Entry { service, service_name, method, number, origin });
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> Error {
        let handled = self.entries.iter().filter(|entry| entry.origin == Origin::Handled);
        unknown::error(name, handled.map(|entry| entry.method))
    }
}

impl Handle for Router {
    fn limits(&self) -> Limits {
        self.limits
    }

    fn codecs(&self) -> &Codecs {
        &self.codecs
    }

    fn readiness(&self) -> Option<&Readiness> {
        self.readiness.as_ref()
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
        if self.chain.is_empty() || entry.origin == Origin::BuiltIn {
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
                Content::Called(_) => Err(Error::internal(
                    "server middleware answered with a client's reply: give back what next.run gave",
                )),
            }
        })))
    }
}
