//! Events: to every subscriber, to one of a group, and to the dead letters.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use micro_runtime::broker::{Consumer, DeadLetter, Message, RetryPolicy};
use micro_runtime::{Context, Error, Subscriber};
use tokio::sync::mpsc;

use super::calls::hello;
use super::cluster::Cluster;
use super::{Found, Wrong, ensure};
use crate::greeter::v1::{Greeted, HelloRequest};

/// What an event may take to arrive, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(10);
const GREETINGS: usize = 40;
/// Where greetings go that a subscriber could not handle.
const DEAD: &str = "greeter.greeted.dead";
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// The subscribers: two that hear everything, and two that share it.
const GROUPS: [Option<&str>; 4] = [None, None, Some("mailers"), Some("mailers")];

/// A subscriber at work, and what it has heard. It cannot stand nobody.
struct Listener {
    heard: Arc<Mutex<Vec<Greeted>>>,
    consumer: Consumer,
}

impl Listener {
    async fn start(
        cluster: &Cluster,
        group: Option<&str>,
        tell: &mpsc::UnboundedSender<()>,
    ) -> Result<Self, Wrong> {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (hears, tell) = (Arc::clone(&heard), tell.clone());
        let subscriber = Subscriber::new(move |_: Context, greeted: Greeted| {
            let result = match &*greeted.name {
                "Nobody" => Err(Error::internal("there is nobody to hear")),
                _ => Ok(()),
            };
            hears.lock().unwrap_or_else(PoisonError::into_inner).push(greeted);
            // The show may be over already.
            let _ = tell.send(());
            std::future::ready(result)
        });
        let tries = RetryPolicy::default().attempts(3);
        let subscriber = subscriber.retry(tries.pauses(FIRST_PAUSE, FIRST_PAUSE * 4));
        let subscriber = match group {
            Some(group) => subscriber.group(group),
            None => subscriber,
        };
        let consumer = cluster.client().subscribe(subscriber).await?;
        Ok(Self { heard, consumer })
    }

    fn heard(&self) -> Vec<Greeted> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many of the greetings that count it has heard.
    fn counted(&self) -> usize {
        self.heard().iter().filter(|greeted| greeted.call_id == "counts").count()
    }
}

/// Everybody without a group hears every greeting, and a group hears each one once.
pub(super) async fn to_all(cluster: &Cluster) -> Found {
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut listeners = Vec::new();
    for group in GROUPS {
        listeners.push(Listener::start(cluster, group, &tell).await?);
    }
    all_are_heard(cluster, &[&listeners[..1], &listeners[1..2], &listeners[2..]]).await?;
    for number in 0..GREETINGS {
        // A name of its own for each: what has the same key goes to the same member of a group.
        let guest = format!("guest {number}");
        let request = HelloRequest { call_id: "counts".to_owned(), ..hello(&guest) };
        cluster.greeter().hello(request).await?;
    }
    let counts = || listeners.iter().map(Listener::counted).collect::<Vec<_>>();
    let waiting = async {
        while counts().iter().sum::<usize>() < 3 * GREETINGS {
            told.recv().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    let heard = counts();
    ensure(waited.is_ok(), || format!("of {GREETINGS} greetings the subscribers heard {heard:?}"))?;
    for listener in &listeners {
        listener.consumer.stop().await;
    }
    let shares = [heard[0], heard[1], heard[2] + heard[3]];
    ensure(shares == [GREETINGS; 3], || {
        format!("{GREETINGS} greetings were heard {heard:?} times")
    })?;
    Ok(format!(
        "{GREETINGS} greetings: two subscribers heard {} and {}, two of a group {} and {}",
        heard[0], heard[1], heard[2], heard[3]
    ))
}

/// Greets until each group of listeners has heard of every node.
async fn all_are_heard(cluster: &Cluster, groups: &[&[Listener]]) -> Result<(), Wrong> {
    let nodes = cluster.ids().len();
    let heard_of = |group: &[Listener]| {
        let nodes = group.iter().flat_map(Listener::heard).map(|greeted| greeted.node);
        nodes.collect::<BTreeSet<_>>().len()
    };
    let greeting = async {
        while groups.iter().any(|group| heard_of(group) < nodes) {
            cluster.greeter().hello(hello("Ann")).await?;
        }
        Ok(())
    };
    let heard = tokio::time::timeout(PATIENCE, greeting).await;
    heard.map_err(|_| Wrong::new("the nodes do not learn of the subscribers"))?
}

/// An event that its handler cannot handle is tried three times, and lies in the dead letters then.
pub(super) async fn poison(cluster: &Cluster) -> Found {
    let (tell, mut told) = mpsc::unbounded_channel();
    let undertaker = Subscriber::raw(DEAD, move |_: Context, letter: Arc<Message>| {
        // The show may be over already.
        let _ = tell.send(DeadLetter::of(&letter));
        std::future::ready(Ok(()))
    });
    let undertaker = cluster.client().subscribe(undertaker).await?;
    let printer = [Listener::start(cluster, Some("printers"), &mpsc::unbounded_channel().0).await?];
    all_are_heard(cluster, &[&printer]).await?;
    cluster.greeter().hello(hello("Nobody")).await?;
    let letter = tokio::time::timeout(PATIENCE, told.recv()).await;
    let letter =
        letter.ok().flatten().flatten().ok_or_else(|| Wrong::new("no dead letter came"))?;
    printer[0].consumer.stop().await;
    undertaker.stop().await;
    let history = letter.errors.join("; ");
    ensure(letter.attempts == 3 && letter.group.as_deref() == Some("printers"), || {
        history.clone()
    })?;
    ensure(history.contains("attempt 3: internal: there is nobody"), || history.clone())?;
    Ok(format!("a greeting of \"Nobody\" lies in {DEAD:?}: {history}"))
}
