//! The shop: places orders, and tells of each that it was placed.

use micro_runtime::{Client, Result};

use crate::orders::v1::OrderPlaced;

const CUSTOMERS: u64 = 10;

/// Places orders; the last one is of nothing, which no department can handle.
pub(crate) async fn run(orders: u64) -> Result<()> {
    let client = Client::builder().build()?;
    for order in 0..orders {
        let (customer, number) = (format!("customer {}", order % CUSTOMERS), order / CUSTOMERS);
        let cents = if order + 1 == orders { 0 } else { 100 + order };
        let placed = OrderPlaced { customer: customer.clone(), number, cents };
        // An error here means that some department may not have the order: place it again, or say so.
        client.publish(placed).key(customer).await?;
    }
    // What others have taken is safe there; this waits until it is handled, too.
    client.broker().flush().await;
    println!("{orders} orders placed and handled");
    Ok(())
}
