//! The way from a publisher to one member of a group: dialled, kept, dialled again.

use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use futures_core::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use super::channel::Channel;
use super::distribution::{Member, Parcel};
use super::wire::{Event, Report, SUBSCRIPTION, Step, SubscriberClient, event};
use crate::broker::{RetryPolicy, Settlement};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::registry::Node;
use crate::streaming::Streaming;
use crate::transport::Transport;

/// How long a member may take to be reached.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long a member that the registry no longer tells of may take to tell of the next message.
const SILENCE: Duration = Duration::from_secs(30);

/// The way to one member; its channel owns the task that runs it.
pub(super) struct Link {
    pub(super) channel: Weak<Channel>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) member: Member,
    pub(super) node: Arc<Node>,
    pub(super) gone: watch::Receiver<bool>,
}

impl Link {
    /// Carries what comes through `waiting`, and through what replaces it after a loss, until the member is gone.
    pub(super) async fn run(mut self, mut waiting: UnboundedReceiver<Parcel>) {
        let pauses = RetryPolicy::default().pauses(Duration::from_millis(50), CONNECT_LIMIT);
        let mut failures = 0;
        let mut again = None;
        loop {
            let ended = match self.open(waiting).await {
                Ok(reports) => {
                    failures = 0;
                    self.reach(again.take());
                    self.carry(reports).await
                }
                Err(error) => Err(error),
            };
            if let Err(error) = ended {
                tracing::debug!(%error, member = &*self.member, "the way to a subscriber broke");
            }
            if self.is_over(|channel, member| channel.lost(member)) {
                return;
            }
            failures += 1;
            self.pause(pauses.pause(failures)).await;
            if self.is_over(|_, _| ()) {
                return;
            }
            let (parcels, next) = unbounded_channel();
            (again, waiting) = (Some(parcels), next);
        }
    }

    /// What goes to a member that was lost waits until it answers: others can have it meanwhile.
    fn reach(&self, again: Option<UnboundedSender<Parcel>>) {
        if let (Some(parcels), Some(channel)) = (again, self.channel.upgrade()) {
            channel.reached(&self.member, parcels);
        }
    }

    /// Whether the member, or the publisher, is gone for good; `otherwise` is done if not.
    fn is_over(&self, otherwise: impl FnOnce(&Channel, &Member)) -> bool {
        let Some(channel) = self.channel.upgrade() else { return true };
        let gone = *self.gone.borrow();
        if gone {
            channel.finish(&self.member);
        } else {
            otherwise(&channel, &self.member);
        }
        gone
    }

    /// Waits before the next try, unless the registry says that there need not be one.
    async fn pause(&mut self, pause: Duration) {
        let _ = tokio::time::timeout(pause, self.gone.wait_for(|gone| *gone)).await;
    }

    async fn open(&self, waiting: UnboundedReceiver<Parcel>) -> Result<Streaming<Report>> {
        let opening = async {
            let connection = self.transport.dial(self.node.address.clone()).await?;
            let subscriber = SubscriberClient::new("subscriber", Client::over(connection));
            subscriber.deliver(Parcels(waiting)).metadata(SUBSCRIPTION, self.node.id.clone()).await
        };
        let opened = tokio::time::timeout(CONNECT_LIMIT, opening).await;
        opened.map_err(|_| Error::unavailable("the subscriber did not answer"))?
    }

    /// Passes on what the member reports, until the way breaks or the member is gone and silent.
    async fn carry(&mut self, mut reports: Streaming<Report>) -> Result<()> {
        loop {
            let gone = *self.gone.borrow_and_update();
            tokio::select! {
                report = reports.message() => match report? {
                    Some(report) => self.pass_on(&report),
                    None => return Ok(()),
                },
                () = tokio::time::sleep(SILENCE), if gone => {
                    return Err(Error::unavailable("the subscriber is gone, and said nothing more"));
                }
                Ok(()) = self.gone.changed() => {}
            }
            if gone && !self.is_busy() {
                return Ok(());
            }
        }
    }

    fn pass_on(&self, report: &Report) {
        let Some(channel) = self.channel.upgrade() else { return };
        let (member, sequence) = (&self.member, report.sequence);
        match report.step() {
            Step::Taken => channel.taken(member, sequence),
            Step::Begun => channel.begun(member, sequence),
            Step::Settled => channel.settle(member, sequence, Settlement::Done),
            Step::Returned => channel.settle(member, sequence, Settlement::Returned),
            // From a newer subscriber, which has told more than is understood here.
            Step::Unspecified => {}
        }
    }

    fn is_busy(&self) -> bool {
        self.channel.upgrade().is_some_and(|channel| channel.is_busy(&self.member))
    }
}

/// What is to be sent, as the call wants it.
struct Parcels(UnboundedReceiver<Parcel>);

impl Stream for Parcels {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Event>> {
        let parcel = self.0.poll_recv(cx);
        parcel.map(|next| {
            next.map(|Parcel { sequence, attempt, message }| event(&message, sequence, attempt))
        })
    }
}
