//! Calls within a process, with no sockets: for tests, and for test doubles.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::BoxFuture;
use crate::address::Address;
use crate::error::{Error, Reach, Result};
use crate::transport::{
    CallHead, Connection, Handle, Listener, Message, Outgoing, StreamReply, Transport, UnaryReply,
};

mod exchange;

/// A transport between the servers and clients that share it, by cloning.
///
/// Any address will do: a name, or a host and a port that nobody else here has. Messages are encoded and
/// decoded, limits and deadlines hold, and nothing is sent anywhere.
#[derive(Clone, Default)]
pub struct MemoryTransport(Arc<Shared>);

#[derive(Default)]
struct Shared {
    served: Mutex<HashMap<Address, Weak<Served>>>,
    last_port: AtomicU16,
}

impl MemoryTransport {
    /// A transport of its own, with no servers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn served(&self) -> MutexGuard<'_, HashMap<Address, Weak<Served>>> {
        self.0.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Port 0 means any free one, as it does for sockets.
    fn chosen(&self, address: Address) -> Address {
        match address {
            Address::Host { host, port: 0 } => {
                Address::host(host, self.0.last_port.fetch_add(1, Ordering::Relaxed) + 1)
            }
            other => other,
        }
    }

    fn bind(&self, address: Address, handler: Arc<dyn Handle>) -> Result<MemoryListener> {
        let address = self.chosen(address);
        let mut served = self.served();
        if served.get(&address).is_some_and(|server| server.strong_count() > 0) {
            return Err(Error::unavailable(format!(
                "cannot listen on {address}: another server of this memory transport has it; choose another port, or port 0 for a free one"
            )));
        }
        let server = Arc::new(Served::new(address.clone(), handler));
        served.insert(address, Arc::downgrade(&server));
        Ok(MemoryListener { server, transport: self.clone() })
    }
}

impl Transport for MemoryTransport {
    fn name(&self) -> &str {
        "memory"
    }

    fn dial(&self, address: Address) -> BoxFuture<Result<Arc<dyn Connection>>> {
        let served = self.served().get(&address).and_then(Weak::upgrade);
        Box::pin(async move {
            match served.filter(|server| server.is_open()) {
                Some(server) => Ok(Arc::new(MemoryConnection { server }) as Arc<dyn Connection>),
                None => Err(Error::unavailable(
                    "nobody listens there in this memory transport: only its clones reach each other",
                )
                    .with_reach(Reach::NotSent)
                    .with_fact("address", address.to_string())),
            }
        })
    }

    fn serve(
        &self,
        address: Address,
        handler: Arc<dyn Handle>,
    ) -> BoxFuture<Result<Arc<dyn Listener>>> {
        let bound = self.bind(address, handler);
        Box::pin(async move { bound.map(|listener| Arc::new(listener) as Arc<dyn Listener>) })
    }
}

impl fmt::Debug for MemoryTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.served().keys().map(ToString::to_string)).finish()
    }
}

/// A server's end.
struct Served {
    address: Address,
    handler: Arc<dyn Handle>,
    tasks: TaskTracker,
    active: AtomicUsize,
    drain: CancellationToken,
    abort: CancellationToken,
}

impl Served {
    fn new(address: Address, handler: Arc<dyn Handle>) -> Self {
        let (drain, abort) = (CancellationToken::new(), CancellationToken::new());
        let (tasks, active) = (TaskTracker::new(), AtomicUsize::new(0));
        Self { address, handler, tasks, active, drain, abort }
    }

    fn is_open(&self) -> bool {
        !self.drain.is_cancelled() && !self.abort.is_cancelled()
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Served({})", self.address)
    }
}

/// A way to a handler in this process.
#[derive(Clone, Debug)]
pub(crate) struct MemoryConnection {
    server: Arc<Served>,
}

impl MemoryConnection {
    /// A way to a handler that no listener offers.
    pub(crate) fn new(handler: Arc<dyn Handle>) -> Self {
        Self { server: Arc::new(Served::new(Address::name("in-process"), handler)) }
    }
}

impl Connection for MemoryConnection {
    fn unary(&self, head: CallHead, message: Message) -> BoxFuture<Result<UnaryReply>> {
        Box::pin(exchange::unary(Arc::clone(&self.server), head, message))
    }

    fn stream(&self, head: CallHead, messages: Outgoing) -> BoxFuture<Result<StreamReply>> {
        Box::pin(exchange::stream(Arc::clone(&self.server), head, messages))
    }

    fn is_open(&self) -> bool {
        self.server.is_open()
    }
}

#[derive(Debug)]
struct MemoryListener {
    server: Arc<Served>,
    transport: MemoryTransport,
}

impl MemoryListener {
    /// Gives the address back, unless another server has it by now.
    fn release(&self) {
        let mut served = self.transport.served();
        let ours = |server: &Weak<Served>| std::ptr::eq(server.as_ptr(), Arc::as_ptr(&self.server));
        if served.get(&self.server.address).is_some_and(ours) {
            served.remove(&self.server.address);
        }
    }
}

impl Listener for MemoryListener {
    fn address(&self) -> Address {
        self.server.address.clone()
    }

    fn drain(&self) -> BoxFuture<()> {
        self.server.drain.cancel();
        self.server.tasks.close();
        self.release();
        let tasks = self.server.tasks.clone();
        Box::pin(async move { tasks.wait().await })
    }

    fn abort(&self) -> usize {
        let active = self.server.active.load(Ordering::Acquire);
        self.server.abort.cancel();
        active
    }
}

impl Drop for MemoryListener {
    fn drop(&mut self) {
        self.server.abort.cancel();
        self.release();
    }
}
