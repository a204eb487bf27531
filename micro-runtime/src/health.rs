//! Whether a server should be called, and why not: one state for registration, drain and every probe.
//!
//! Each server answers `GET /livez` and `GET /readyz` over HTTP, and `grpc.health.v1.Health` over every transport.
//! All of them, and the order of a stop, read and write one [`Readiness`].

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;

use crate::registry::LeaseState;
use crate::service::Phase;

mod prober;

pub(crate) use prober::prober;

/// Whether a server should be called. Clones are the same state, and cheap.
///
/// A server is ready when it has started, its node is registered, it is not stopping, and nobody has said of a part
/// that it is not ready. A server without a service is registered nowhere, and needs no registration.
///
/// ```
/// use micro_runtime::Service;
/// use micro_runtime::health::Readiness;
///
/// # fn build() -> micro_runtime::Result<()> {
/// let readiness = Readiness::new();
/// let service = Service::builder("greeter").readiness(readiness.clone()).build()?;
/// // Whoever talks to the database holds a clone, and says how it is.
/// readiness.not_ready("database", "no connection yet");
/// assert!(readiness.reasons().contains(&"database: no connection yet".to_owned()));
/// readiness.ready("database");
/// # Ok(()) }
/// # build().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Readiness(Arc<watch::Sender<State>>);

/// A [`Readiness`] at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    phase: Phase,
    /// Why callers may not find the node, if they may not.
    lost: Option<String>,
    /// The parts that are not ready, each with its reason.
    parts: BTreeMap<String, String>,
}

impl Readiness {
    /// The state of a server that is starting, with no parts.
    #[must_use]
    pub fn new() -> Self {
        let state = State { phase: Phase::Starting, lost: None, parts: BTreeMap::new() };
        Self(Arc::new(watch::channel(state).0))
    }

    /// Says that a part, such as `database`, is not ready. Probes show the reason to whoever asks: no secrets.
    pub fn not_ready(&self, part: impl Into<String>, why: impl Into<String>) {
        let (part, why) = (part.into(), why.into());
        self.change(|state| state.parts.insert(part, why.clone()).as_ref() != Some(&why));
    }

    /// Says that a part is ready, or ready again.
    pub fn ready(&self, part: &str) {
        self.change(|state| state.parts.remove(part).is_some());
    }

    /// Whether the server should be called.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.borrow().is_ready()
    }

    /// Why the server should not be called, a line for each reason; none if it is ready.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        self.0.borrow().reasons()
    }

    /// How far the server has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0.borrow().phase
    }

    /// The state now and from now on; the receiver fails once the last clone of this is gone.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<State> {
        self.0.subscribe()
    }

    /// Goes on to a later phase; nothing leads back to an earlier one.
    pub(crate) fn advance(&self, phase: Phase) {
        self.change(|state| {
            let is_later = state.phase < phase;
            state.phase = state.phase.max(phase);
            is_later
        });
    }

    /// Takes over whether callers can find the node.
    pub(crate) fn registered(&self, lease: &LeaseState) {
        let lost = match lease {
            LeaseState::Held => None,
            LeaseState::Lost(why) => Some(why.clone()),
        };
        self.change(|state| std::mem::replace(&mut state.lost, lost.clone()) != lost);
    }

    /// Waits until the server takes no new calls. Dropping the future changes nothing.
    pub(crate) async fn drained(&self) {
        let mut states = self.watch();
        // It cannot fail: the sender is in `self`.
        let _ = states.wait_for(State::is_draining).await;
    }

    fn change(&self, change: impl FnOnce(&mut State) -> bool) {
        self.0.send_if_modified(change);
    }
}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// Whether the server should be called.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Ready && self.lost.is_none() && self.parts.is_empty()
    }

    /// How far the server has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Why the server should not be called, a line for each reason; none if it is ready.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        let phase = match self.phase {
            Phase::Ready => None,
            Phase::Starting => Some("service: starting, calls are welcome soon".to_owned()),
            Phase::Leaving => Some("service: leaving, call another node".to_owned()),
            Phase::Draining => Some("service: draining, it takes no new calls".to_owned()),
            Phase::Stopped => Some("service: stopped".to_owned()),
        };
        let lost = self.lost.as_ref().map(|why| format!("registration: lost, {}", one_line(why)));
        let parts = self.parts.iter();
        let parts = parts.map(|(part, why)| format!("{}: {}", one_line(part), one_line(why)));
        phase.into_iter().chain(lost).chain(parts).collect()
    }

    fn is_draining(&self) -> bool {
        self.phase >= Phase::Draining
    }
}

/// A reason is one line of a probe's answer.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started() -> Readiness {
        let readiness = Readiness::new();
        readiness.advance(Phase::Ready);
        readiness
    }

    #[test]
    fn everything_that_is_not_ready_has_a_line_of_its_own() {
        let readiness = started();
        assert!(readiness.is_ready() && readiness.reasons().is_empty());
        readiness.not_ready("queue", "full\nsince noon");
        readiness.not_ready("database", "no connection");
        readiness.registered(&LeaseState::Lost("the registry is away".to_owned()));
        readiness.advance(Phase::Leaving);
        let reasons = [
            "service: leaving, call another node",
            "registration: lost, the registry is away",
            "database: no connection",
            "queue: full since noon",
        ];
        assert_eq!(readiness.reasons(), reasons);
        assert!(!readiness.is_ready());
    }

    #[test]
    fn a_server_is_ready_again_when_its_lease_is_held_again() {
        let readiness = started();
        readiness.registered(&LeaseState::Lost("away".to_owned()));
        assert!(!readiness.is_ready());
        readiness.registered(&LeaseState::Held);
        assert!(readiness.is_ready());
    }

    #[test]
    fn no_phase_leads_back() {
        let readiness = started();
        readiness.advance(Phase::Stopped);
        readiness.advance(Phase::Leaving);
        assert_eq!(readiness.phase(), Phase::Stopped);
    }

    #[test]
    fn watchers_are_woken_by_changes_only() {
        let readiness = started();
        let states = readiness.watch();
        readiness.ready("database");
        readiness.advance(Phase::Ready);
        readiness.registered(&LeaseState::Held);
        assert!(!states.has_changed().unwrap());
        readiness.not_ready("database", "away");
        assert!(states.has_changed().unwrap());
    }
}
