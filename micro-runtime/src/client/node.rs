//! One node as a client sees it: its connection, and whether it is worth asking.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::error::{Reach, Result};
use crate::registry::Node;
use crate::selector::Candidate;
use crate::transport::{Connection, Transport};

/// A node that failed is left alone for this long at first, and twice as long each time after.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A node with its connection; it lives on through snapshots for as long as the node is the same.
#[derive(Debug)]
pub(super) struct Slot {
    candidate: Arc<Candidate>,
    link: Mutex<Link>,
}

#[derive(Debug, Default)]
struct Link {
    connection: Option<Arc<dyn Connection>>,
    dial: Option<Arc<Dial>>,
    failures: u32,
    paused_until: Option<Instant>,
}

/// A dial that all calls to a node wait for together.
type Dial = OnceCell<Result<Arc<dyn Connection>>>;

impl Slot {
    pub(super) fn new(node: Arc<Node>) -> Self {
        Self { candidate: Arc::new(Candidate::new(node)), link: Mutex::default() }
    }

    pub(super) fn candidate(&self) -> &Arc<Candidate> {
        &self.candidate
    }

    pub(super) fn node(&self) -> &Arc<Node> {
        self.candidate.node()
    }

    /// Until when the node is left alone, if it is.
    pub(super) fn paused_until(&self) -> Option<Instant> {
        self.link().paused_until
    }

    /// The connection, dialled if there is none that takes calls.
    ///
    /// Dropping the future leaves the dial to the other calls that wait for it.
    pub(super) async fn connect(
        &self,
        transport: &Arc<dyn Transport>,
    ) -> Result<Arc<dyn Connection>> {
        let dial = {
            let mut link = self.link();
            match &link.connection {
                Some(connection) if connection.is_open() => return Ok(Arc::clone(connection)),
                _ => link.connection = None,
            }
            Arc::clone(link.dial.get_or_insert_with(Arc::default))
        };
        let address = self.node().address.clone();
        let dialled = dial.get_or_init(|| transport.dial(address)).await.clone();
        self.dialled(&dial, &dialled);
        dialled
    }

    /// Keeps what a dial brought, once.
    fn dialled(&self, dial: &Arc<Dial>, outcome: &Result<Arc<dyn Connection>>) {
        let mut link = self.link();
        if !link.dial.as_ref().is_some_and(|current| Arc::ptr_eq(current, dial)) {
            return;
        }
        link.dial = None;
        match outcome {
            Ok(connection) => link.connection = Some(Arc::clone(connection)),
            Err(_) => link.pause(),
        }
    }

    /// The node answered.
    pub(super) fn answered(&self) {
        let mut link = self.link();
        (link.failures, link.paused_until) = (0, None);
    }

    /// A call on the node's connection failed, with nothing sent or with no answer; `true` if the node is
    /// left alone for that.
    ///
    /// A connection that takes no more calls is replaced; only one that loses calls speaks against the node.
    pub(super) fn failed(&self, connection: &Arc<dyn Connection>, reach: Reach) -> bool {
        let mut link = self.link();
        let current = link.connection.as_ref().is_some_and(|known| Arc::ptr_eq(known, connection));
        if !current || connection.is_open() {
            return false;
        }
        link.connection = None;
        if reach == Reach::Lost {
            link.pause();
        }
        reach == Reach::Lost
    }

    fn link(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link {
    fn pause(&mut self) {
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(10)).min(LONGEST_PAUSE);
        self.failures += 1;
        self.paused_until = Some(Instant::now() + pause);
    }
}
