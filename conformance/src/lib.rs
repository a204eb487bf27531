//! The service that peers of another make call and serve, and a handler for it.

use std::future::pending;
use std::sync::Arc;

use micro_runtime::{Code, Context, Error, Result, Streaming, channel};
use tokio::sync::watch;

micro_runtime::include_micro!();

use interop::v1::{
    CountRequest, CountResponse, EchoRequest, EchoResponse, FailRequest, InteropHandler,
};

/// Does what the `.proto` file says.
#[derive(Debug)]
pub struct Interop {
    given_up: Arc<watch::Sender<u32>>,
}

impl Default for Interop {
    fn default() -> Self {
        Self { given_up: Arc::new(watch::channel(0).0) }
    }
}

/// Counts a call of `Wait` when it is dropped.
struct Waiting(Arc<watch::Sender<u32>>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count += 1);
    }
}

fn echo(text: impl Into<String>) -> EchoResponse {
    EchoResponse { text: text.into() }
}

impl InteropHandler for Interop {
    async fn echo(&self, context: Context, request: EchoRequest) -> Result<EchoResponse> {
        for (key, value) in context.metadata().iter().filter(|(key, _)| key.starts_with("x-echo")) {
            context.append_header(key.to_owned(), value.clone())?;
            context.append_trailer(key.to_owned(), value.clone())?;
        }
        Ok(echo(request.text))
    }

    async fn fail(&self, context: Context, request: FailRequest) -> Result<EchoResponse> {
        context.append_trailer("x-why", "asked")?;
        Err(Error::new(Code::from_number(request.code).unwrap_or(Code::Unknown), request.message))
    }

    async fn wait(&self, _: Context, _: EchoRequest) -> Result<EchoResponse> {
        let _waiting = Waiting(Arc::clone(&self.given_up));
        pending().await
    }

    async fn given_up(&self, _: Context, request: CountRequest) -> Result<CountResponse> {
        let mut given_up = self.given_up.subscribe();
        let enough = given_up.wait_for(|count| *count >= request.limit).await;
        let count = *enough.map_err(|_| Error::internal("the counter is gone"))?;
        Ok(CountResponse { count })
    }

    async fn count(&self, _: Context, request: CountRequest) -> Result<Streaming<EchoResponse>> {
        let (sender, stream) = channel(4);
        tokio::spawn(async move {
            for number in 0..request.limit {
                if sender.send(echo(number.to_string())).await.is_err() {
                    return;
                }
            }
            if request.fail {
                // The caller may be gone, which is as good.
                let _ = sender.fail(Error::data_loss("lost count")).await;
            }
        });
        Ok(stream)
    }

    async fn join(&self, _: Context, mut requests: Streaming<EchoRequest>) -> Result<EchoResponse> {
        let mut joined = String::new();
        while let Some(request) = requests.message().await? {
            joined.push_str(&request.text);
        }
        Ok(echo(joined))
    }

    async fn talk(
        &self,
        _: Context,
        mut requests: Streaming<EchoRequest>,
    ) -> Result<Streaming<EchoResponse>> {
        let (sender, stream) = channel(4);
        tokio::spawn(async move {
            loop {
                match requests.message().await {
                    Ok(Some(request)) => sender.send(echo(request.text)).await?,
                    Ok(None) => return Ok(()),
                    Err(error) => return sender.fail(error).await,
                }
            }
        });
        Ok(stream)
    }
}
