//! The subscriber's side: a server for publishers, and a queue for each subscription.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context as TaskContext, Poll, ready};

use futures_core::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::outlet::GROUP;
use super::wire::{
    ENVELOPE, Event, Report, SUBSCRIPTION, Step, SubscriberHandler, SubscriberServer, message,
    report,
};
use super::{Around, MAX_MESSAGE, service_of};
use crate::BoxFuture;
use crate::address::Address;
use crate::broker::queue::{Feed, Origin, Queue};
use crate::broker::{Delivery, DeliverySource, Settlement, SubscribeOptions, Subscription};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::registry::{Lease, Node, Registration};
use crate::server::Server;
use crate::service::{advertised, default_listen};
use crate::streaming::Streaming;
use crate::transport::Limits;

/// The server of a process, which is there as long as there are subscriptions.
#[derive(Default)]
pub(super) struct Receiving(tokio::sync::Mutex<Weak<House>>);

/// A server, and the subscriptions that it takes messages for.
struct House {
    server: Server,
    queues: Queues,
}

/// The queue of each subscription, by its node's id.
#[derive(Clone, Default)]
struct Queues(Arc<Mutex<HashMap<String, Arc<Queue<Sender>>>>>);

impl Receiving {
    pub(super) async fn subscribe(
        &self,
        around: &Around,
        listen: Option<&Address>,
        options: SubscribeOptions,
    ) -> Result<Subscription> {
        let house = self.house(around, listen).await?;
        let id = format!("subscription-{:016x}", fastrand::u64(..));
        let queue = Queue::new(options.capacity);
        house.queues.lock().insert(id.clone(), Arc::clone(&queue));
        let address = advertised(house.server.address());
        let node = Node::new(id.clone(), address).label("topic", &*options.topic);
        let node = match &options.group {
            Some(group) => node.label(GROUP, &**group),
            None => node,
        };
        let mut source = Source { house, id, queue, lease: None };
        let registration = Registration::new(service_of(&options.topic), node);
        source.lease = Some(around.registry.register(registration).await?);
        Ok(Subscription::new(source))
    }

    async fn house(&self, around: &Around, listen: Option<&Address>) -> Result<Arc<House>> {
        let mut known = self.0.lock().await;
        if let Some(house) = known.upgrade() {
            return Ok(house);
        }
        let address = listen.cloned().unwrap_or_else(|| default_listen(&*around.registry));
        let queues = Queues::default();
        let server = Server::builder()
            .transport(Arc::clone(&around.transport))
            .listen(address)
            .limits(Limits::default().max_receive(MAX_MESSAGE + ENVELOPE))
            .handle(SubscriberServer::new(queues.clone()))
            .without_health()
            .without_reflection()
            .start()
            .await?;
        let house = Arc::new(House { server, queues });
        *known = Arc::downgrade(&house);
        Ok(house)
    }
}

impl Queues {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Queue<Sender>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SubscriberHandler for Queues {
    async fn deliver(
        &self,
        context: Context,
        events: Streaming<Event>,
    ) -> Result<Streaming<Report>> {
        let id = context.metadata().get(SUBSCRIPTION).unwrap_or_default();
        let queue = self.lock().get(id).cloned().ok_or_else(|| {
            Error::not_found(format!("there is no subscription {id:?} here, or no more"))
        })?;
        let (reports, waiting) = unbounded_channel();
        let (events, next) = (Some(events), None);
        let queue = queue.feed();
        Ok(Streaming::new(Receipt { queue, events, next, reports, waiting, open: 0 }))
    }
}

/// One publisher's call: takes its events into the queue as there is room, and reports on them.
struct Receipt {
    queue: Feed<Sender>,
    /// None after the publisher has ended them.
    events: Option<Streaming<Event>>,
    /// An event that waits for room.
    next: Option<Event>,
    reports: UnboundedSender<Report>,
    waiting: UnboundedReceiver<Report>,
    /// How many events are taken and neither settled nor returned.
    open: usize,
}

/// Where an event came from: its call's reports.
struct Sender {
    reports: UnboundedSender<Report>,
    sequence: u64,
}

impl Origin for Sender {
    fn begun(&self) {
        // A publisher that is gone need not know.
        let _ = self.reports.send(report(self.sequence, Step::Begun));
    }

    fn settled(self, settlement: Settlement) {
        let _ = self.reports.send(report(self.sequence, settlement.into()));
    }
}

impl Stream for Receipt {
    type Item = Result<Report>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Report>>> {
        let this = &mut *self;
        if let Poll::Ready(Some(report)) = this.waiting.poll_recv(cx) {
            this.open -= usize::from(report.step() != Step::Begun);
            return Poll::Ready(Some(Ok(report)));
        }
        match this.poll_event(cx) {
            Poll::Ready(Some(report)) => Poll::Ready(Some(report)),
            Poll::Ready(None) if this.open == 0 => Poll::Ready(None),
            // Ended, or closed: what is still at work is reported through the channel polled above.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}

impl Receipt {
    /// The report on the next event: taken, or returned. `None` if there will be none.
    fn poll_event(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Report>>> {
        if self.next.is_none() {
            self.next = ready!(self.poll_next_event(cx))?;
        }
        let Some(event) = &self.next else {
            return if self.events.is_none() { Poll::Ready(None) } else { self.poll_closed(cx) };
        };
        let sequence = event.sequence;
        let place = ready!(self.queue.poll_place(cx));
        let Some(event) = self.next.take() else { return Poll::Ready(None) };
        let Some(place) = place else {
            return Poll::Ready(Some(Ok(report(sequence, Step::Returned))));
        };
        let (attempt, origin) = (event.attempt, Sender { reports: self.reports.clone(), sequence });
        self.open += 1;
        place.put(message(event), attempt, origin);
        Poll::Ready(Some(Ok(report(sequence, Step::Taken))))
    }

    fn poll_next_event(&mut self, cx: &mut TaskContext<'_>) -> Poll<Result<Option<Event>>> {
        let Some(events) = &mut self.events else { return Poll::Ready(Ok(None)) };
        match Pin::new(events).poll_next(cx) {
            Poll::Ready(Some(event)) => Poll::Ready(event.map(Some)),
            Poll::Ready(None) => {
                self.events = None;
                Poll::Ready(Ok(None))
            }
            Poll::Pending => Poll::Ready(Ok(None)),
        }
    }

    /// Ends the call of a subscription that is closed and has nothing more to tell.
    fn poll_closed(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Report>>> {
        ready!(self.queue.poll_finished(cx));
        Poll::Ready(None)
    }
}

/// A subscription: its queue, and its node in the registry.
struct Source {
    house: Arc<House>,
    id: String,
    queue: Arc<Queue<Sender>>,
    lease: Option<Lease>,
}

impl DeliverySource for Source {
    fn poll_delivery(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Result<Delivery>>> {
        self.queue.poll_take(cx).map(|delivery| delivery.map(Ok))
    }

    fn close(&mut self) -> BoxFuture<Result<()>> {
        let (lease, queue) = (self.lease.take(), Arc::clone(&self.queue));
        Box::pin(async move {
            let withdrawn = match lease {
                Some(lease) => lease.withdraw().await,
                None => Ok(()),
            };
            queue.close();
            withdrawn
        })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.house.queues.lock().remove(&self.id);
        self.queue.abandon();
    }
}
