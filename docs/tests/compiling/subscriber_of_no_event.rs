use micro_runtime::broker::Subscriber;
use micro_runtime::{Context, Result};

async fn greeted(_: Context, _: String) -> Result<()> {
    Ok(())
}

pub fn subscriber() -> Subscriber {
    Subscriber::new(greeted)
}
