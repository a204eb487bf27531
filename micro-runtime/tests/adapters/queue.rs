//! A transport like a message queue, in memory: letters are published, replies come back, each of a limited size.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::{Bytes, BytesMut};
use micro_runtime::context::{Context, Peer};
use micro_runtime::transport::{
    CallHead, Capabilities, Connection, Handle, Incoming, Listener, Message, Reply, ServerCall,
    Transport, UnaryReply,
};
use micro_runtime::{Address, BoxFuture, Error, Reach, Result};
use tokio::sync::{mpsc, oneshot, watch};

const MOST: usize = 64 << 10;

/// What is published: a call, and where its reply goes.
struct Letter {
    head: CallHead,
    body: Bytes,
    reply: oneshot::Sender<Result<UnaryReply>>,
}

type Queues = HashMap<Address, mpsc::UnboundedSender<Letter>>;

#[derive(Clone, Debug, Default)]
pub(crate) struct QueueTransport(Arc<Mutex<Queues>>);

impl Transport for QueueTransport {
    fn name(&self) -> &str {
        "queue"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::unary_only().max_message(MOST)
    }

    fn dial(&self, address: Address) -> BoxFuture<Result<Arc<dyn Connection>>> {
        let queue = self.0.lock().unwrap().get(&address).cloned();
        Box::pin(async move {
            let nobody =
                || Error::unavailable("nobody reads this queue").with_reach(Reach::NotSent);
            let queue = queue.filter(|queue| !queue.is_closed()).ok_or_else(nobody);
            let queue = queue.map_err(|error| error.with_fact("address", address.to_string()))?;
            Ok(Arc::new(Publisher(queue)) as Arc<dyn Connection>)
        })
    }

    fn serve(
        &self,
        address: Address,
        handler: Arc<dyn Handle>,
    ) -> BoxFuture<Result<Arc<dyn Listener>>> {
        let (publish, letters) = mpsc::unbounded_channel();
        let taken = self.0.lock().unwrap().get(&address).is_some_and(|queue| !queue.is_closed());
        if !taken {
            self.0.lock().unwrap().insert(address.clone(), publish);
        }
        Box::pin(async move {
            if taken {
                return Err(Error::unavailable(format!("{address} is read by another")));
            }
            let subscriber =
                Subscriber { address, stop: watch::channel(Stop::No).0, active: Arc::default() };
            tokio::spawn(read(
                letters,
                handler,
                subscriber.stop.clone(),
                subscriber.active.clone(),
            ));
            Ok(Arc::new(subscriber) as Arc<dyn Listener>)
        })
    }
}

#[derive(Debug)]
struct Publisher(mpsc::UnboundedSender<Letter>);

impl Connection for Publisher {
    fn unary(&self, head: CallHead, message: Message) -> BoxFuture<Result<UnaryReply>> {
        let queue = self.0.clone();
        Box::pin(async move {
            let mut body = BytesMut::new();
            message.encode(&mut body)?;
            head.limits.check_send(body.len())?;
            fits(body.len())?;
            let (limits, (reply, answer)) = (head.limits, oneshot::channel());
            let letter = Letter { head, body: body.freeze(), reply };
            let gone = |_| Error::unavailable("nobody reads this queue").with_reach(Reach::NotSent);
            queue.send(letter).map_err(gone)?;
            let lost = |_| Err(Error::unavailable("the reader is gone").with_reach(Reach::Lost));
            let answer = answer.await.unwrap_or_else(lost)?;
            limits.check_receive(answer.message.len())?;
            Ok(answer)
        })
    }

    fn is_open(&self) -> bool {
        !self.0.is_closed()
    }
}

fn fits(size: usize) -> Result<()> {
    if size <= MOST {
        Ok(())
    } else {
        Err(Error::resource_exhausted(format!("{size} bytes do not fit a letter")))
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stop {
    No,
    Drain,
    Abort,
}

#[derive(Debug)]
struct Subscriber {
    address: Address,
    stop: watch::Sender<Stop>,
    active: Arc<AtomicUsize>,
}

impl Listener for Subscriber {
    fn address(&self) -> Address {
        self.address.clone()
    }

    fn drain(&self) -> BoxFuture<()> {
        self.stop.send_replace(Stop::Drain);
        let stop = self.stop.clone();
        // The reader and its tasks hold receivers until they end.
        Box::pin(async move { stop.closed().await })
    }

    fn abort(&self) -> usize {
        let active = self.active.load(Ordering::SeqCst);
        self.stop.send_replace(Stop::Abort);
        active
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.stop.send_replace(Stop::Abort);
    }
}

async fn read(
    mut letters: mpsc::UnboundedReceiver<Letter>,
    handler: Arc<dyn Handle>,
    stop: watch::Sender<Stop>,
    active: Arc<AtomicUsize>,
) {
    let mut stopping = stop.subscribe();
    drop(stop);
    loop {
        let letter = tokio::select! {
            _ = stopping.wait_for(|stop| *stop != Stop::No) => break,
            letter = letters.recv() => letter,
        };
        let Some(letter) = letter else { break };
        start(letter, &handler, &stopping, &active);
    }
    letters.close();
    while let Some(letter) = letters.recv().await {
        start(letter, &handler, &stopping, &active);
    }
}

fn start(
    letter: Letter,
    handler: &Arc<dyn Handle>,
    stopping: &watch::Receiver<Stop>,
    active: &Arc<AtomicUsize>,
) {
    let (handler, mut stopping, active) = (handler.clone(), stopping.clone(), active.clone());
    active.fetch_add(1, Ordering::SeqCst);
    tokio::spawn(async move {
        let Letter { head, body, mut reply } = letter;
        let answer = tokio::select! {
            answer = answer(head, body, &*handler) => Some(answer),
            () = reply.closed() => None,
            _ = stopping.wait_for(|stop| *stop == Stop::Abort) => None,
        };
        active.fetch_sub(1, Ordering::SeqCst);
        if let Some(answer) = answer {
            // The caller may be gone.
            let _ = reply.send(answer);
        }
    });
}

async fn answer(head: CallHead, body: Bytes, handler: &dyn Handle) -> Result<UnaryReply> {
    let limits = handler.limits();
    limits.check_receive(body.len())?;
    let route = handler.route(head.method.path())?;
    let codec = handler.codecs().named(head.codec.name())?;
    let context = Context::new(head.metadata.into(), head.deadline, Peer::default());
    let guard = context.guard();
    let call = ServerCall::new(context.clone(), codec.clone(), Incoming::one(body));
    let late =
        || Err(Error::deadline_exceeded("the deadline passed before the handler had answered"));
    let answer = handler.handle(route, call);
    let answered = match head.deadline {
        Some(deadline) => tokio::time::timeout_at(deadline, answer).await.ok(),
        None => Some(answer.await),
    };
    // A handler that ran out of time was dropped: its context is cancelled with the guard.
    let answered = match answered {
        Some(answered) => {
            guard.finish();
            answered
        }
        None => {
            drop(guard);
            late()
        }
    };
    let encoded = answered.and_then(|reply| match reply {
        Reply::One(message) => {
            let mut body = BytesMut::new();
            message.encode(&mut body)?;
            limits.check_send(body.len())?;
            fits(body.len())?;
            Ok(body.freeze())
        }
        Reply::Many(_) => Err(Error::internal("a unary method answered with a stream")),
    });
    let body = encoded.map_err(|error| error.for_caller(context.take_trailers()))?;
    Ok(UnaryReply::new(context.take_headers().into(), body, context.take_trailers().into()))
}
