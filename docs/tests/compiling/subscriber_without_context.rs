use guide::greeter::v1::Greeted;
use guide::micro_runtime::Result;
use guide::micro_runtime::broker::Subscriber;

async fn greeted(_: Greeted) -> Result<()> {
    Ok(())
}

pub fn subscriber() -> Subscriber {
    Subscriber::new(greeted)
}
