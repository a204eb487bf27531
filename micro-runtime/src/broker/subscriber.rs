//! What a service does with a topic's messages, and how.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use super::dead_letter::SUFFIX;
use super::{Message, RetryPolicy, SubscribeOptions, check_name, check_topic};
use crate::BoxFuture;
use crate::codec::{Codec, Codecs, Payload};
use crate::context::Context;
use crate::error::{Code, Result};
use crate::event::Event;
use crate::streaming::decode;

/// A handler for the messages of one topic, and how it wants them.
///
/// The handler's result decides what becomes of a message: `Ok` is done, an error is tried again after a
/// pause or sent to the dead letters, as the [`RetryPolicy`] says. A panic counts as an error. Dead letters go
/// to the topic with `.dead` behind its name, with their history: see [`DeadLetter`](super::DeadLetter).
///
/// ```
/// # use micro_runtime::{Context, Result, broker::Subscriber, wkt::StringValue};
/// async fn mail(_: Context, order: StringValue) -> Result<()> {
///     println!("mail about order {}", order.value);
///     Ok(())
/// }
/// let subscriber = Subscriber::to_topic("orders.placed", mail).group("mailers");
/// ```
#[must_use = "a subscriber does nothing until a service or a client has it"]
#[derive(Clone)]
pub struct Subscriber {
    pub(super) options: SubscribeOptions,
    pub(super) handler: Handler,
    pub(super) codecs: Codecs,
    pub(super) concurrency: usize,
    pub(super) policy: RetryPolicy,
    pub(super) dead_letters: Option<Arc<str>>,
}

pub(super) type Handler =
    Arc<dyn Fn(Context, Arc<Message>, &Codecs) -> BoxFuture<Result<()>> + Send + Sync>;

/// The delivery that a handler is at work on: `context.value::<Received>()`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Received {
    /// The message: its id tells a repeat.
    pub message: Arc<Message>,
    /// How many times it has been handled, this time included.
    pub attempt: u32,
}

impl Subscriber {
    /// A handler for events, which come from the topic that their `.proto` file names.
    pub fn new<E, F, Fut>(handler: F) -> Self
    where
        E: Event,
        F: Fn(Context, E) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        Self::to_topic(E::TOPIC, handler)
    }

    /// A handler for generated messages of a topic.
    ///
    /// A message that is none goes to the dead letters.
    pub fn to_topic<P, F, Fut>(topic: impl Into<Arc<str>>, handler: F) -> Self
    where
        P: Payload + Default,
        F: Fn(Context, P) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let typed = move |context, message: Arc<Message>, codecs: &Codecs| -> BoxFuture<_> {
            match read::<P>(&message, codecs) {
                Ok(payload) => Box::pin(handler(context, payload)),
                Err(error) => Box::pin(std::future::ready(Err(error))),
            }
        };
        Self::with(topic.into(), Arc::new(typed))
    }

    /// A handler for the messages of a topic as they are.
    pub fn raw<F, Fut>(topic: impl Into<Arc<str>>, handler: F) -> Self
    where
        F: Fn(Context, Arc<Message>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let raw = move |context, message, _: &Codecs| -> BoxFuture<_> {
            Box::pin(handler(context, message))
        };
        Self::with(topic.into(), Arc::new(raw))
    }

    fn with(topic: Arc<str>, handler: Handler) -> Self {
        let is_dead = topic.ends_with(SUFFIX);
        Self {
            handler,
            codecs: Codecs::default(),
            concurrency: 16,
            // What cannot even be handled as a dead letter has nowhere to go: it is kept and tried again.
            policy: if is_dead { RetryPolicy::endless() } else { RetryPolicy::default() },
            dead_letters: Some(format!("{topic}{SUFFIX}").into()).filter(|_| !is_dead),
            options: SubscribeOptions::new(topic),
        }
    }

    /// Shares the messages with all subscribers of this group, on whatever node; each goes to one of them.
    ///
    /// Without a group, this subscriber gets a copy of every message.
    pub fn group(mut self, group: impl Into<Arc<str>>) -> Self {
        self.options = self.options.group(group);
        self
    }

    /// How many messages are handled at a time, never two with the same key; 16 if not set, at least 1.
    pub fn concurrency(mut self, messages: usize) -> Self {
        self.concurrency = messages.max(1);
        self
    }

    /// How many messages may wait here for the handler, at brokers that push; 1024 if not set.
    pub fn capacity(mut self, messages: usize) -> Self {
        self.options = self.options.capacity(messages);
        self
    }

    /// When a message is handled again, and when it is rejected.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Another topic for the messages that this handler could not handle.
    pub fn dead_letters(mut self, topic: impl Into<Arc<str>>) -> Self {
        self.dead_letters = Some(topic.into());
        self
    }

    /// Keeps no dead letters: a rejected message is logged as an error, and gone.
    pub fn without_dead_letters(mut self) -> Self {
        self.dead_letters = None;
        self
    }

    /// Reads messages of one more codec.
    pub fn codec(mut self, codec: impl Codec) -> Self {
        self.codecs = self.codecs.with(Arc::new(codec));
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        check_topic(&self.options.topic)?;
        self.options.group.as_deref().map_or(Ok(()), |group| check_name("group", group))?;
        self.dead_letters.as_deref().map_or(Ok(()), check_topic)
    }

    /// Calls the handler with a message; never panics, even if the handler does.
    pub(super) async fn call(&self, message: Arc<Message>, attempt: u32) -> Result<()> {
        let context = Context::of_message(message.headers().clone());
        context.insert_value(Received { message: Arc::clone(&message), attempt });
        let handle = async {
            let work = (self.handler)(context.clone(), message, &self.codecs);
            work.await
        };
        crate::dispatch::run(context.clone(), handle).await
    }
}

fn read<P: Payload + Default>(message: &Message, codecs: &Codecs) -> Result<P> {
    let codec = codecs.for_content_type(message.content_type())?;
    decode(&**codec, message.body().clone(), Code::InvalidArgument)
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber")
            .field("topic", &self.options.topic)
            .field("group", &self.options.group)
            .field("concurrency", &self.concurrency)
            .field("policy", &self.policy)
            .field("dead_letters", &self.dead_letters)
            .finish_non_exhaustive()
    }
}
