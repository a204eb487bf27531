use guide::greeter::v1::HelloRequest;
use micro_runtime::broker::Subscriber;
use micro_runtime::{Context, Result};

async fn greeted(_: Context, _: HelloRequest) -> Result<()> {
    Ok(())
}

pub fn subscriber() -> Subscriber {
    Subscriber::new(greeted)
}
