use std::rc::Rc;

use guide::greeter::v1::*;
use guide::micro_runtime::{Context, Result};

struct English;

impl GreeterHandler for English {
    async fn hello(&self, _: Context, request: HelloRequest) -> Result<HelloResponse> {
        let name = Rc::new(request.name);
        std::future::ready(()).await;
        println!("{name}");
        Ok(HelloResponse::default())
    }
}
