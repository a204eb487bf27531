//! A service at work: registered, answering, and stopped in order.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_util::task::AbortOnDropHandle;

use super::advertise::{advertised, default_listen};
use super::{Address, Broker, Hook, Node, Plan, Result, Server, ServerBuilder, Stop, Subscriber};
use crate::broker::Consumer;
use crate::health::Readiness;
use crate::registry::{Endpoint, Lease, Registration};

/// A service that takes calls; dropping it ends them all.
pub struct Running {
    node: Node,
    server: Server,
    lease: Mutex<Option<Lease>>,
    /// Tells the readiness how the lease is.
    _following: AbortOnDropHandle<()>,
    broker: Arc<dyn Broker>,
    consumers: Mutex<Vec<Consumer>>,
    stop: Stop,
    on_stop: Mutex<Vec<Hook>>,
}

/// How far a service has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Phase {
    /// Not registered yet; already answering those who know the address.
    Starting,
    /// Registered and taking calls.
    Ready,
    /// Withdrawn; still taking calls from those who have not noticed.
    Leaving,
    /// Taking no new calls; finishing those at work.
    Draining,
    /// Over.
    Stopped,
}

impl Running {
    pub(super) async fn start(plan: Plan, server: ServerBuilder) -> Result<Self> {
        let listen = plan.listen.unwrap_or_else(|| default_listen(&*plan.registry));
        let server = server.transport(plan.transport.clone()).listen(listen).serve().await?;
        run_hooks(plan.on_start).await?;
        let address = plan.advertise.unwrap_or_else(|| advertised(server.address()));
        let methods = server.services().iter().flat_map(|service| service.methods());
        let node = plan.labels.into_iter().fold(
            Node::new(plan.id, address)
                .version(plan.version)
                .label("transport", plan.transport.name())
                .endpoints(methods.map(Endpoint::from).collect()),
            |node, (name, value)| node.label(name, value),
        );
        let consumers = subscribe(&plan.broker, plan.subscribers).await?;
        let registration = Registration::new(plan.name, node.clone()).ttl(plan.ttl);
        let service = registration.service.clone();
        let lease = plan.registry.register(registration).await?;
        let following = follow(&lease, server.readiness());
        server.readiness().advance(Phase::Ready);
        tracing::info!(service, node = node.id, address = %node.address, "serving");
        Ok(Self {
            node,
            server,
            lease: Mutex::new(Some(lease)),
            _following: following,
            broker: plan.broker,
            consumers: Mutex::new(consumers),
            stop: plan.stop,
            on_stop: Mutex::new(plan.on_stop),
        })
    }

    /// The node as others find it.
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// Where it listens, with the port that the system chose.
    #[must_use]
    pub fn address(&self) -> Address {
        self.server.address()
    }

    /// How far it has come and whether it should be called, now and from now on.
    #[must_use]
    pub fn readiness(&self) -> &Readiness {
        self.server.readiness()
    }

    /// Stops in order: withdraws the node, waits until callers know, takes no new calls and messages, finishes
    /// those at work and what it published, runs the stop hooks, and ends what is left. Each step has a time
    /// limit.
    ///
    /// Dropping the future leaves the service where it was; another call goes on from there.
    pub async fn stop(&self) {
        self.readiness().advance(Phase::Leaving);
        let lease = self.lease.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(lease) = lease {
            self.withdraw(lease).await;
            tokio::time::sleep(self.stop.grace).await;
        }
        tokio::join!(self.drain_calls(), self.drain_deliveries());
        within(self.stop.drain, "handing over what was published", async {
            self.broker.flush().await;
            Ok(())
        })
        .await;
        let hooks =
            std::mem::take(&mut *self.on_stop.lock().unwrap_or_else(PoisonError::into_inner));
        within(self.stop.hooks, "the stop hooks", run_hooks(hooks)).await;
        self.readiness().advance(Phase::Stopped);
        tracing::info!(node = self.node.id, "stopped");
    }

    async fn drain_calls(&self) {
        let ended = self.server.stop(self.stop.drain).await;
        if ended > 0 {
            tracing::warn!(calls = ended, limit = ?self.stop.drain, "ended calls that did not finish");
        }
    }

    /// Takes no new deliveries, and finishes those at work.
    async fn drain_deliveries(&self) {
        let consumers = self.take_consumers();
        let finished = async {
            for stopping in consumers.iter().map(Consumer::stopping).collect::<Vec<_>>() {
                stopping.await;
            }
            Ok(())
        };
        within(self.stop.drain, "finishing the deliveries at work", finished).await;
    }

    fn take_consumers(&self) -> Vec<Consumer> {
        std::mem::take(&mut *self.consumers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn withdraw(&self, lease: Lease) {
        within(self.stop.withdraw, "withdrawing from the registry", lease.withdraw()).await;
    }

    /// Ends all calls now and withdraws the node.
    pub fn abort(&self) {
        drop(self.lease.lock().unwrap_or_else(PoisonError::into_inner).take());
        drop(self.take_consumers());
        let ended = self.server.abort();
        tracing::warn!(calls = ended, "ended all calls");
        self.readiness().advance(Phase::Stopped);
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("node", &self.node.id)
            .field("phase", &self.readiness().phase())
            .finish_non_exhaustive()
    }
}

async fn subscribe(
    broker: &Arc<dyn Broker>,
    subscribers: Vec<Subscriber>,
) -> Result<Vec<Consumer>> {
    let mut consumers = Vec::with_capacity(subscribers.len());
    for subscriber in subscribers {
        consumers.push(Consumer::start(Arc::clone(broker), subscriber).await?);
    }
    Ok(consumers)
}

/// Takes over how a lease is into a server's readiness, until the lease ends.
fn follow(lease: &Lease, readiness: &Readiness) -> AbortOnDropHandle<()> {
    let (mut states, readiness) = (lease.state(), readiness.clone());
    readiness.registered(&states.borrow_and_update());
    AbortOnDropHandle::new(tokio::spawn(async move {
        while states.changed().await.is_ok() {
            readiness.registered(&states.borrow_and_update());
        }
    }))
}

async fn run_hooks(hooks: Vec<Hook>) -> Result<()> {
    for hook in hooks {
        hook().await?;
    }
    Ok(())
}

/// Does a step of the stop within its limit; what goes wrong is logged and does not stop the stop.
async fn within(limit: Duration, step: &str, work: impl Future<Output = Result<()>>) {
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "{step} failed"),
        Err(_) => tracing::warn!("{step} took longer than {limit:?}"),
    }
}
