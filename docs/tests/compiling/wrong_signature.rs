use guide::greeter::v1::*;
use guide::micro_runtime::{Context, Result};

struct English;

impl GreeterHandler for English {
    async fn hello(&self, request: HelloRequest) -> Result<HelloResponse> {
        Ok(HelloResponse::default())
    }
}
