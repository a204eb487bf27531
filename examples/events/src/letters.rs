//! The dead letters: orders that a department could not handle, and why.

use micro_runtime::broker::{DeadLetter, Received};
use micro_runtime::{Context, Event, Result, Service, Subscriber};

use crate::orders::v1::OrderPlaced;

/// Prints dead letters until Ctrl-C or SIGTERM.
pub(crate) async fn run() -> Result<()> {
    let topic = format!("{}.dead", OrderPlaced::TOPIC);
    let subscriber = Subscriber::to_topic(topic, print).group("letters");
    Service::builder("letters").subscribe(subscriber).run().await
}

async fn print(context: Context, order: OrderPlaced) -> Result<()> {
    println!("{}, order {}:", order.customer, order.number);
    let Some(letter) = context.value::<Received>().and_then(|it| DeadLetter::of(&it.message))
    else {
        return Ok(());
    };
    println!("  {} tried {} times", letter.group.as_deref().unwrap_or("somebody"), letter.attempts);
    letter.errors.iter().for_each(|error| println!("  {error}"));
    Ok(())
}
