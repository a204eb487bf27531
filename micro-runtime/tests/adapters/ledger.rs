//! A broker with one list of all messages that are not done, one lock around it, and one bell.
//!
//! Nothing is handed to anybody beforehand: whoever is free looks through the list for what it may take.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use micro_runtime::broker::{
    Broker, Delivery, DeliverySource, Message, Settlement, SubscribeOptions, Subscription,
};
use micro_runtime::{BoxFuture, Error, Result};
use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;
use tokio::time::{Instant, timeout_at};

/// Clones share the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct LedgerBroker {
    ledger: Arc<Mutex<Ledger>>,
    bell: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Ledger {
    lines: Vec<Line>,
    members: BTreeMap<u64, Member>,
    next: u64,
}

#[derive(Debug)]
struct Member {
    whose: Whose,
    capacity: usize,
}

/// A topic with a group, or with a subscriber of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Whose(Arc<str>, std::result::Result<Arc<str>, u64>);

/// A message that one group, or one subscriber, is not done with.
#[derive(Debug)]
struct Line {
    number: u64,
    whose: Whose,
    message: Arc<Message>,
    attempt: u32,
    at_work: bool,
}

impl Ledger {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Writes a line for each who is to get the message, or none if one has no room.
    fn write(&mut self, message: &Arc<Message>) -> Result<()> {
        let concerned = self.members.values().filter(|member| member.whose.0 == *message.topic());
        let mut all = BTreeSet::new();
        for Member { whose, capacity } in concerned {
            let waiting = self.lines.iter().filter(|line| line.whose == *whose).count();
            if waiting >= *capacity {
                let topic = message.topic();
                return Err(Error::resource_exhausted(format!("no room in topic {topic:?}")));
            }
            all.insert(whose.clone());
        }
        for whose in all {
            let (number, message) = (self.number(), Arc::clone(message));
            self.lines.push(Line { number, whose, message, attempt: 1, at_work: false });
        }
        Ok(())
    }

    /// The first line that is free, and behind no other of its key.
    fn take(&mut self, whose: &Whose) -> Option<&Line> {
        let mut keys = BTreeSet::new();
        let mut mine = self.lines.iter_mut().filter(|line| line.whose == *whose);
        let free = mine.find(|line| {
            let key = line.message.key().map(str::to_owned);
            key.is_none_or(|key| keys.insert(key)) && !line.at_work
        })?;
        free.at_work = true;
        Some(free)
    }

    fn settle(&mut self, number: u64, settlement: Settlement) {
        let Some(index) = self.lines.iter().position(|line| line.number == number) else { return };
        let line = &mut self.lines[index];
        (line.at_work, line.attempt) = (false, line.attempt + 1);
        if settlement == Settlement::Done {
            self.lines.remove(index);
        }
    }
}

impl LedgerBroker {
    /// Changes the list, and rings.
    fn change<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        let result = change(&mut self.ledger.lock().unwrap());
        self.bell.notify_waiters();
        result
    }

    async fn write(self, message: Arc<Message>, deadline: Instant) -> Result<()> {
        loop {
            let mut rung = std::pin::pin!(self.bell.notified());
            rung.as_mut().enable();
            // Not within `change`: writing nothing is no reason to ring.
            let written = self.ledger.lock().unwrap().write(&message);
            let Err(full) = written else { break };
            timeout_at(deadline, rung).await.map_err(|_| full)?;
        }
        self.bell.notify_waiters();
        Ok(())
    }
}

impl Broker for LedgerBroker {
    fn describe(&self) -> String {
        "ledger".to_owned()
    }

    fn publish(&self, message: Arc<Message>, deadline: Instant) -> BoxFuture<Result<()>> {
        Box::pin(self.clone().write(message, deadline))
    }

    fn subscribe(&self, options: SubscribeOptions) -> BoxFuture<Result<Subscription>> {
        let member = self.change(|ledger| {
            let number = ledger.number();
            let whose = Whose(options.topic, options.group.ok_or(number));
            ledger.members.insert(number, Member { whose, capacity: options.capacity });
            number
        });
        let reader = Reader { broker: self.clone(), member, rung: None };
        Box::pin(std::future::ready(Ok(Subscription::new(reader))))
    }
}

/// One subscriber.
struct Reader {
    broker: LedgerBroker,
    member: u64,
    rung: Option<Pin<Box<OwnedNotified>>>,
}

impl Reader {
    fn leave(&self) {
        self.broker.change(|ledger| {
            ledger.members.remove(&self.member);
            ledger.lines.retain(|line| line.whose.1 != Err(self.member));
        });
    }

    /// `None` if it has left.
    fn take(&self) -> Option<Option<Delivery>> {
        let mut ledger = self.broker.ledger.lock().unwrap();
        let whose = ledger.members.get(&self.member)?.whose.clone();
        Some(ledger.take(&whose).map(|line| {
            let (broker, number) = (self.broker.clone(), line.number);
            Delivery::new(Arc::clone(&line.message), line.attempt, move |settlement| {
                broker.change(|ledger| ledger.settle(number, settlement));
            })
        }))
    }
}

impl DeliverySource for Reader {
    fn poll_delivery(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Delivery>>> {
        loop {
            let bell = || Box::pin(Arc::clone(&self.broker.bell).notified_owned());
            if self.rung.get_or_insert_with(bell).as_mut().poll(cx).is_pending() {
                return match self.take() {
                    None => Poll::Ready(None),
                    Some(None) => Poll::Pending,
                    Some(Some(delivery)) => Poll::Ready(Some(Ok(delivery))),
                };
            }
            self.rung = None;
        }
    }

    fn close(&mut self) -> BoxFuture<Result<()>> {
        self.leave();
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.leave();
    }
}
