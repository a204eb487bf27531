//! A department: handles each order once among all its processes.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use micro_runtime::broker::{Received, RetryPolicy};
use micro_runtime::{Code, Context, Error, Result, Service, Subscriber, WithCode};

use crate::orders::v1::OrderPlaced;

/// Handles orders until Ctrl-C or SIGTERM.
pub(crate) async fn run(department: &str) -> Result<()> {
    let desk = Desk::open()?;
    let policy = RetryPolicy::default().attempts(5);
    let policy = policy.pauses(Duration::from_millis(20), Duration::from_secs(1));
    let subscriber = Subscriber::new(move |context, order| handle(context, order, desk.clone()))
        .group(department)
        .retry(policy);
    Service::builder(department).subscribe(subscriber).run().await
}

/// An error here means: not now. The order comes again, and the customer's next ones wait for it.
async fn handle(context: Context, order: OrderPlaced, desk: Desk) -> Result<()> {
    if order.cents == 0 {
        return Err(Error::failed_precondition("an order of nothing cannot be handled"));
    }
    let attempt = context.value::<Received>().map_or(1, |received| received.attempt);
    desk.write(&format!("{} {} {attempt}\n", order.customer, order.number))?;
    tokio::time::sleep(desk.pause).await;
    Ok(())
}

/// Where it is written down what was handled, and how long that takes.
#[derive(Clone)]
struct Desk {
    /// The file that `EVENTS_BOOK` names, or else the screen.
    book: Option<Arc<File>>,
    /// `EVENTS_PAUSE_MS`: to see a queue grow.
    pause: Duration,
}

impl Desk {
    fn open() -> Result<Self> {
        let millis = std::env::var("EVENTS_PAUSE_MS").ok().and_then(|millis| millis.parse().ok());
        let pause = Duration::from_millis(millis.unwrap_or(0));
        let Some(path) = std::env::var_os("EVENTS_BOOK") else {
            return Ok(Self { book: None, pause });
        };
        let file = OpenOptions::new().append(true).create(true).open(path);
        Ok(Self { book: Some(Arc::new(file.with_code(Code::Internal)?)), pause })
    }

    fn write(&self, line: &str) -> Result<()> {
        match &self.book {
            // One write for the whole line: other processes append to the same file.
            Some(file) => (&**file).write_all(line.as_bytes()).with_code(Code::Internal),
            None => std::io::stdout().write_all(line.as_bytes()).with_code(Code::Internal),
        }
    }
}
