use guide::greeter::v1::HelloRequest;
use guide::micro_runtime::broker::Subscriber;
use guide::micro_runtime::{Context, Result};

async fn greeted(_: Context, _: HelloRequest) -> Result<()> {
    Ok(())
}

pub fn subscriber() -> Subscriber {
    Subscriber::new(greeted)
}
