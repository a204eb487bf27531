use guide::greeter::v1::Greeted;
use micro_runtime::Result;
use micro_runtime::broker::Subscriber;

async fn greeted(_: Greeted) -> Result<()> {
    Ok(())
}

pub fn subscriber() -> Subscriber {
    Subscriber::new(greeted)
}
