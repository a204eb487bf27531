//! A broker that needs no server: publishers hand messages straight to subscribers, found through the registry.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::time::Instant;

use self::outlet::Outlet;
use self::receiving::Receiving;
use super::{Broker, Message, SubscribeOptions, Subscription};
use crate::BoxFuture;
use crate::address::Address;
use crate::error::{Error, Result};
use crate::registry::Registry;
use crate::transport::Transport;

mod channel;
mod distribution;
mod link;
mod outlet;
mod receiving;
mod wire;

/// The largest message in bytes, headers included: the publisher reads of it, not the subscriber.
const MAX_MESSAGE: usize = 4 << 20;

/// Messages from process to process, with no server in between: the default.
///
/// *Accepted* means: for every group, and every subscriber without one, that the registry told this process of,
/// one member holds the message in its memory, and so does this process until that member has handled it. So an
/// accepted message survives the death of the publisher or of the subscriber, but not of both before it is
/// handled; and a group or subscriber that the registry does not tell of yet, or no more, gets nothing. A
/// message that a dead or leaving member has not handled goes to another one of its group. If a queue is full, the
/// publisher waits until its deadline, and is told which.
///
/// A subscription is a node of the service `topic:NAME` in the registry, with the labels `topic` and `group`. A
/// process with subscriptions listens at a port of its own; one that only publishes does not listen. Messages
/// travel on one stream from each publisher to each subscription, as `micro.broker.v1` in `proto/` describes.
///
/// A message may be 4 MiB long, headers included.
#[derive(Clone)]
pub struct HttpBroker(Arc<Inner>);

struct Inner {
    /// Where to listen for messages; if not set, a free port: of loopback with a registry of this machine.
    listen: Option<Address>,
    around: OnceLock<Around>,
    outlets: Mutex<Outlets>,
    receiving: Receiving,
}

/// The topics that were published to. Those at rest are forgotten before there are many.
struct Outlets {
    open: HashMap<Arc<str>, Arc<Outlet>>,
    /// How many may be there before those at rest are forgotten.
    most: usize,
}

impl Default for Outlets {
    fn default() -> Self {
        Self { open: HashMap::new(), most: Self::FEW }
    }
}

impl Outlets {
    const FEW: usize = 256;

    fn of(&mut self, topic: &Arc<str>, around: &Around) -> Arc<Outlet> {
        if let Some(outlet) = self.open.get(topic) {
            return Arc::clone(outlet);
        }
        if self.open.len() >= self.most {
            self.open.retain(|_, outlet| Arc::strong_count(outlet) > 1 || !outlet.is_at_rest());
            self.most = Self::FEW.max(2 * self.open.len());
        }
        let outlet = Outlet::open(Arc::clone(topic), around.clone());
        self.open.insert(Arc::clone(topic), Arc::clone(&outlet));
        outlet
    }
}

/// What the broker finds and reaches others with.
#[derive(Clone)]
struct Around {
    registry: Arc<dyn Registry>,
    transport: Arc<dyn Transport>,
}

impl HttpBroker {
    /// A broker over a registry and a transport.
    pub fn new(registry: Arc<dyn Registry>, transport: Arc<dyn Transport>) -> Self {
        let broker = Self::unattached(None);
        broker.attach(registry, transport);
        broker
    }

    /// A broker that still has to be [attached](Broker::attach), as clients do with theirs.
    ///
    /// It listens at `listen`, once it has subscriptions. If not set, a free port: on the loopback interface with a
    /// registry of this machine, on all interfaces with one of the network.
    #[must_use]
    pub fn unattached(listen: Option<Address>) -> Self {
        let (around, outlets, receiving) = Default::default();
        Self(Arc::new(Inner { listen, around, outlets, receiving }))
    }

    fn around(&self) -> Result<&Around> {
        self.0.around.get().ok_or_else(|| {
            Error::failed_precondition(
                "the http broker has no registry yet; give it to a client or a service, or make it with HttpBroker::new",
            )
        })
    }

    fn outlet(&self, topic: &Arc<str>) -> Result<Arc<Outlet>> {
        let around = self.around()?;
        Ok(self.outlets().of(topic, around))
    }

    fn outlets(&self) -> MutexGuard<'_, Outlets> {
        self.0.outlets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service that a topic's subscriptions are nodes of.
fn service_of(topic: &str) -> String {
    format!("topic:{topic}")
}

impl Broker for HttpBroker {
    fn describe(&self) -> String {
        match self.0.around.get() {
            Some(around) => format!("http (over {})", around.registry.describe()),
            None => "http".to_owned(),
        }
    }

    fn attach(&self, registry: Arc<dyn Registry>, transport: Arc<dyn Transport>) {
        self.0.around.get_or_init(|| Around { registry, transport });
    }

    fn publish(&self, message: Arc<Message>, deadline: Instant) -> BoxFuture<Result<()>> {
        let outlet = wire::check_size(&message).and_then(|()| self.outlet(message.topic()));
        Box::pin(async move { outlet?.publish(message, deadline).await })
    }

    fn subscribe(&self, options: SubscribeOptions) -> BoxFuture<Result<Subscription>> {
        let this = self.clone();
        Box::pin(async move {
            let around = this.around()?;
            this.0.receiving.subscribe(around, this.0.listen.as_ref(), options).await
        })
    }

    fn flush(&self) -> BoxFuture<()> {
        let outlets: Vec<_> = self.outlets().open.values().cloned().collect();
        Box::pin(async move {
            for outlet in outlets {
                outlet.flush().await;
            }
        })
    }
}

impl fmt::Debug for HttpBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpBroker({})", self.describe())
    }
}
