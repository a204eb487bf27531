use guide::greeter::v1::*;
use guide::micro_runtime::{Context, Result};

struct English;

impl GreeterHandler for English {
    async fn hello(&self, _: Context, _: HelloRequest) -> Result<String> {
        Ok("Hello".to_owned())
    }
}
