//! The greeter that examples call.

use std::collections::HashMap;
use std::time::Duration;

use micro_runtime::rpc::{BadRequest, bad_request::FieldViolation};
use micro_runtime::{Context, Detail, Error, Result, Streaming, channel};

use crate::greeter::v1::{
    ChatMessage, CollectResponse, Greeted, GreeterHandler, HelloRequest, HelloResponse,
    SignRequest, SignResponse, WatchRequest,
};

/// A greeter that speaks English.
#[derive(Debug, Default)]
pub struct English;

impl GreeterHandler for English {
    async fn hello(&self, context: Context, request: HelloRequest) -> Result<HelloResponse> {
        if request.name.is_empty() {
            return Err(Error::invalid_argument("name is empty: say whom to greet"));
        }
        tokio::time::sleep(Duration::from_millis(request.delay_ms.into())).await;
        context.append_header("x-language", "en")?;
        let text = format!("Hello, {}.", request.name);
        Ok(HelloResponse { text, node: "greeter-1".to_owned() })
    }

    async fn sign(&self, _: Context, request: SignRequest) -> Result<SignResponse> {
        if request.id.is_empty() {
            return Err(wrong_field("id", "is empty: choose one that no other line has"));
        }
        Ok(SignResponse { node: "greeter-1".to_owned(), lines: 1 })
    }

    async fn watch(&self, _: Context, request: WatchRequest) -> Result<Streaming<Greeted>> {
        let greeted = Greeted { name: request.name, ..Greeted::default() };
        let times = usize::try_from(request.limit).unwrap_or(usize::MAX);
        Ok(Streaming::from_items(std::iter::repeat_n(greeted, times)))
    }

    async fn collect(
        &self,
        _: Context,
        mut requests: Streaming<HelloRequest>,
    ) -> Result<CollectResponse> {
        let mut times = HashMap::new();
        while let Some(request) = requests.message().await? {
            *times.entry(request.name).or_insert(0) += 1;
        }
        let text = format!("Hello, all {} of you.", times.len());
        Ok(CollectResponse { text, times, node: "greeter-1".to_owned() })
    }

    async fn chat(
        &self,
        context: Context,
        mut lines: Streaming<ChatMessage>,
    ) -> Result<Streaming<ChatMessage>> {
        let (sender, answers) = channel(16);
        context.spawn(async move {
            loop {
                let text = match lines.message().await {
                    Ok(None) => return Ok(()),
                    Ok(Some(line)) => format!("You said: {}", line.text),
                    Err(error) => return sender.fail(error).await,
                };
                sender.send(ChatMessage { text, ..ChatMessage::default() }).await?;
            }
        });
        Ok(answers)
    }
}

fn wrong_field(field: &str, why: &str) -> Error {
    let violation = FieldViolation {
        field: field.to_owned(),
        description: why.to_owned(),
        ..FieldViolation::default()
    };
    let detail = BadRequest { field_violations: vec![violation] };
    Error::invalid_argument(format!("{field} {why}")).with_detail(Detail::pack(&detail))
}
