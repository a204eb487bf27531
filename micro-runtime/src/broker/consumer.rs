//! A subscriber at work: deliveries are handled, tried again, or sent to the dead letters.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context as TaskContext, Waker};
use std::time::Duration;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Broker, DeadLetter, Delivery, Message, RetryPolicy, Subscriber, Subscription};
use crate::error::{Error, Result};

/// How long a dead letter may take to be accepted before it is tried again.
const DEAD_LETTER_LIMIT: Duration = Duration::from_secs(5);

/// A [`Subscriber`] at work. Dropping it drops the handlers at work; their messages come again elsewhere.
#[derive(Debug)]
#[must_use = "a consumer stops when it is dropped"]
pub struct Consumer {
    work: Arc<Work>,
    task: JoinHandle<()>,
}

/// What the deliveries of a consumer share.
struct Work {
    broker: Arc<dyn Broker>,
    subscriber: Subscriber,
    stop: CancellationToken,
    finished: CancellationToken,
}

impl Consumer {
    /// Subscribes, and handles what comes.
    ///
    /// # Errors
    /// `invalid_argument` if topic or group cannot be names; else as [`Broker::subscribe`].
    pub(crate) async fn start(broker: Arc<dyn Broker>, subscriber: Subscriber) -> Result<Self> {
        subscriber.check()?;
        let subscription = broker.subscribe(subscriber.options.clone()).await.map_err(|error| {
            let broker = broker.describe();
            error
                .with_fact("topic", subscriber.options.topic.to_string())
                .with_fact("broker", broker)
        })?;
        let (stop, finished) = (CancellationToken::new(), CancellationToken::new());
        let work = Arc::new(Work { broker, subscriber, stop, finished });
        let task = tokio::spawn(Arc::clone(&work).run(subscription));
        Ok(Self { work, task })
    }

    /// Takes no new messages, and waits until those taken have been handled.
    ///
    /// What waits for another try is not tried again here: it goes to another member of the group.
    /// Dropping the future leaves the consumer stopping.
    pub async fn stop(&self) {
        self.stopping().await;
    }

    /// Takes no new messages from now on; resolves when those taken have been handled.
    pub(crate) fn stopping(&self) -> impl Future<Output = ()> + use<> {
        self.work.stop.cancel();
        self.work.finished.clone().cancelled_owned()
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Work {
    async fn run(self: Arc<Self>, mut subscription: Subscription) {
        let _finished = self.finished.clone().drop_guard();
        let mut tasks = JoinSet::new();
        let mut closing = false;
        loop {
            if !closing && self.stop.is_cancelled() {
                closing = true;
                self.close(&mut subscription).await;
            }
            let room = tasks.len() < self.subscriber.concurrency;
            let next = tokio::select! {
                biased;
                next = subscription.next(), if room => next,
                Some(_) = tasks.join_next() => continue,
                // Last, as waiting for it costs more than all else here.
                () = self.stop.cancelled(), if !closing => continue,
            };
            match next {
                Ok(Some(delivery)) => self.begin(delivery, &mut tasks),
                Ok(None) => break,
                Err(error) => {
                    tracing::error!(%error, topic = &*self.subscriber.options.topic, "a subscription ended");
                    break;
                }
            }
            tokio::task::coop::consume_budget().await;
        }
        while tasks.join_next().await.is_some() {}
    }

    async fn close(&self, subscription: &mut Subscription) {
        if let Err(error) = subscription.close().await {
            tracing::warn!(%error, topic = &*self.subscriber.options.topic, "cannot unsubscribe in order");
        }
    }

    /// Handles a delivery in place, and gives it a task only if it is not done then.
    fn begin(self: &Arc<Self>, delivery: Delivery, tasks: &mut JoinSet<()>) {
        let mut handling = Box::pin(Arc::clone(self).handle(delivery));
        let now = handling.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
        if now.is_pending() {
            tasks.spawn(handling);
        }
    }

    async fn handle(self: Arc<Self>, delivery: Delivery) {
        let message = Arc::clone(delivery.message());
        let mut history = History::default();
        let mut attempt = delivery.attempt();
        if self.subscriber.policy.is_hopeless(attempt) {
            history.add(attempt - 1, "it was delivered that often, and never done or rejected");
            return self.bury(delivery, &history).await;
        }
        while let Err(error) = self.subscriber.call(Arc::clone(&message), attempt).await {
            history.add(attempt, &error);
            let Some(pause) = self.subscriber.policy.after(attempt, &error) else {
                return self.bury(delivery, &history).await;
            };
            self.log_retry(&message, attempt, &error);
            if !self.wait(pause).await {
                return;
            }
            attempt += 1;
        }
        delivery.done();
    }

    fn log_retry(&self, message: &Message, attempt: u32, error: &Error) {
        let group = self.subscriber.options.group.as_deref();
        tracing::warn!(
            %error, attempt, topic = &**message.topic(), group, id = message.id(), key = message.key(),
            "a message was not handled and is tried again"
        );
    }

    /// Waits before another try; `false` if the consumer stops meanwhile.
    async fn wait(&self, pause: Duration) -> bool {
        tokio::time::timeout(pause, self.stop.cancelled()).await.is_err()
    }

    /// Sends a message to the dead letters, and only then says that it is done.
    async fn bury(&self, delivery: Delivery, history: &History) {
        let message = Arc::clone(delivery.message());
        let group = self.subscriber.options.group.as_deref();
        let (id, key, attempts) = (message.id(), message.key(), history.attempts);
        let (from, error) = (&**message.topic(), history.errors.last());
        let Some(topic) = self.subscriber.dead_letters.as_deref() else {
            tracing::error!(
                topic = from,
                group,
                id,
                key,
                attempts,
                error,
                "a message is rejected and gone"
            );
            return delivery.done();
        };
        tracing::warn!(
            topic = from,
            group,
            id,
            key,
            attempts,
            error,
            "a message is rejected, and goes to {topic}"
        );
        let pauses = RetryPolicy::endless();
        let mut attempt = 1;
        while let Err(error) = self.send_letter(&message, topic, history).await {
            tracing::warn!(%error, topic, "a dead letter is not accepted and is sent again");
            if !self.wait(pauses.pause(attempt)).await {
                return;
            }
            attempt += 1;
        }
        delivery.done();
    }

    async fn send_letter(&self, message: &Message, topic: &str, history: &History) -> Result<()> {
        let letter = DeadLetter {
            topic: message.topic().to_string(),
            group: self.subscriber.options.group.as_deref().map(str::to_owned),
            attempts: history.attempts,
            errors: history.errors.clone(),
        };
        let letter = Arc::new(letter.write(message, topic)?);
        self.broker.publish(letter, Instant::now() + DEAD_LETTER_LIMIT).await
    }
}

/// What the attempts at a message failed with.
#[derive(Default)]
struct History {
    attempts: u32,
    errors: Vec<String>,
}

impl History {
    fn add(&mut self, attempt: u32, error: impl fmt::Display) {
        self.attempts = attempt;
        if self.errors.len() == DeadLetter::MAX_ERRORS {
            self.errors.remove(0);
        }
        self.errors.push(format!("attempt {attempt}: {error}"));
    }
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("subscriber", &self.subscriber).finish_non_exhaustive()
    }
}
