use guide::micro_runtime::broker::Subscriber;
use guide::micro_runtime::{Context, Result};

async fn greeted(_: Context, _: String) -> Result<()> {
    Ok(())
}

pub fn subscriber() -> Subscriber {
    Subscriber::new(greeted)
}
