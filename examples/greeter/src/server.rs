//! The service: a handler for each rpc, and one line that serves it.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use micro_runtime::rpc::BadRequest;
use micro_runtime::rpc::bad_request::FieldViolation;
use micro_runtime::{
    Client, Code, Context, Detail, Error, Result, Service, Streaming, WithCode, channel,
};
use tokio::sync::{broadcast, oneshot};

use crate::greeter::v1::{
    ChatMessage, CollectResponse, Greeted, GreeterHandler, GreeterServer, HelloRequest,
    HelloResponse, SignRequest, SignResponse, Tone, WatchRequest,
};

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn run() -> Result<()> {
    let service = Service::builder("greeter").version("1.0.0").build()?;
    let book = std::env::var_os("GREETER_BOOK").map(PathBuf::from);
    let english = English::new(service.id(), service.client(), book);
    let service = service.handle(GreeterServer::new(english));
    if std::env::var_os("GREETER_UNTIL_STDIN_ENDS").is_some() {
        // Whoever started this node holds the other end: if that process dies, so does the node.
        return service.run_until(stdin_ends()).await;
    }
    service.run().await
}

/// A greeter that speaks English.
struct English {
    node: String,
    client: Client,
    book: Option<PathBuf>,
    lines: AtomicU64,
    greeted: broadcast::Sender<Greeted>,
}

impl English {
    /// `book` is the file of the guest book; without one, nothing is written down.
    fn new(node: &str, client: Client, book: Option<PathBuf>) -> Self {
        let (node, lines) = (node.to_owned(), AtomicU64::new(0));
        Self { node, client, book, lines, greeted: broadcast::channel(64).0 }
    }
}

impl GreeterHandler for English {
    async fn hello(&self, _: Context, request: HelloRequest) -> Result<HelloResponse> {
        if request.name.is_empty() {
            return Err(Error::invalid_argument("name is empty: say whom to greet"));
        }
        if request.delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(request.delay_ms.into())).await;
        }
        let (name, node, call_id) =
            (request.name.clone(), self.node.clone(), request.call_id.clone());
        let greeted = Greeted { name, node, call_id };
        // Nobody may be watching, which is fine.
        let _ = self.greeted.send(greeted.clone());
        self.client.publish(greeted).key(&*request.name).await?;
        let text = match request.tone() {
            Tone::Unspecified | Tone::Plain => format!("Hello, {}.", request.name),
            Tone::Formal => format!("Good day, {}.", request.name),
            Tone::Cheerful => format!("Hey {}!", request.name),
        };
        Ok(HelloResponse { text, node: self.node.clone() })
    }

    async fn sign(&self, _: Context, request: SignRequest) -> Result<SignResponse> {
        if request.id.is_empty() {
            return Err(wrong_field("id", "empty: choose one that no other line has"));
        }
        if let Some(book) = &self.book {
            let file = OpenOptions::new().append(true).create(true).open(book);
            // One write for the whole line: other nodes append to the same file.
            let line = format!("{}\n", request.id);
            file.and_then(|mut file| file.write_all(line.as_bytes())).with_code(Code::Internal)?;
        }
        let lines = self.lines.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(SignResponse { node: self.node.clone(), lines })
    }

    async fn watch(&self, context: Context, request: WatchRequest) -> Result<Streaming<Greeted>> {
        let (sender, stream) = channel(16);
        let mut greeted = self.greeted.subscribe();
        context.spawn(async move {
            let mut left = if request.limit == 0 { u32::MAX } else { request.limit };
            while left > 0 {
                let event = tokio::select! {
                    () = sender.closed() => return,
                    event = greeted.recv() => event,
                };
                let Ok(event) = event else { return };
                if request.name.is_empty() || request.name == event.name {
                    left -= 1;
                    if sender.send(event).await.is_err() {
                        return;
                    }
                }
            }
        });
        Ok(stream)
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
        Ok(CollectResponse { text, times, node: self.node.clone() })
    }

    async fn chat(
        &self,
        context: Context,
        mut requests: Streaming<ChatMessage>,
    ) -> Result<Streaming<ChatMessage>> {
        let (sender, stream) = channel(16);
        let node = self.node.clone();
        context.spawn(async move {
            loop {
                let answer = match requests.message().await {
                    Ok(None) => return Ok(()),
                    Ok(Some(line)) => {
                        ChatMessage { text: format!("You said: {}", line.text), node: node.clone() }
                    }
                    Err(error) => return sender.fail(error).await,
                };
                sender.send(answer).await?;
            }
        });
        Ok(stream)
    }
}

/// An error about one field of a request, with a detail for programs to read.
fn wrong_field(field: &str, description: &str) -> Error {
    let (field, description) = (field.to_owned(), description.to_owned());
    let text = format!("{field} is {description}");
    let violation = FieldViolation { field, description, ..FieldViolation::default() };
    let detail = BadRequest { field_violations: vec![violation] };
    Error::invalid_argument(text).with_detail(Detail::pack(&detail))
}

/// Resolves when the standard input ends.
async fn stdin_ends() {
    let (ended, end) = oneshot::channel::<()>();
    // A thread of its own: a blocking read on the runtime's threads would keep the process from ending.
    std::thread::spawn(move || {
        let _ended = ended;
        let mut buffer = [0; 64];
        while std::io::stdin().read(&mut buffer).is_ok_and(|length| length > 0) {}
    });
    let _ = end.await;
}
