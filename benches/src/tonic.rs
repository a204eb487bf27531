//! The echo service on tonic, as its guide has it.

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};

mod generated {
    include!(concat!(env!("OUT_DIR"), "/tonic/bench.v1.rs"));
}
use generated::EchoMessage;
use generated::echo_client::EchoClient;
use generated::echo_server::{Echo, EchoServer};

struct Handler;

#[tonic::async_trait]
impl Echo for Handler {
    async fn unary(&self, request: Request<EchoMessage>) -> Result<Response<EchoMessage>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}

/// A server on a free port.
pub async fn serve() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    // `serve_with_incoming` does not set this itself, `serve` does.
    let incoming = TcpListenerStream::new(listener);
    let incoming = tokio_stream::StreamExt::map(incoming, |stream| {
        stream.and_then(|stream| stream.set_nodelay(true).map(|()| stream))
    });
    let serving = Server::builder()
        .add_service(EchoServer::new(Handler))
        .serve_with_incoming(incoming);
    (address, tokio::spawn(async move { serving.await.expect("a server") }))
}

/// A caller of one address: one connection.
#[derive(Clone)]
pub struct Caller(EchoClient<Channel>);

impl Caller {
    /// A caller of the server at an address.
    pub async fn new(address: &str) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
        Self(EchoClient::new(endpoint.connect().await.expect("a connection")))
    }

    /// One call; the length of what came back.
    pub async fn call(&self, payload: Vec<u8>) -> usize {
        let mut client = self.0.clone();
        let reply = client.unary(EchoMessage { payload }).await.expect("an echo");
        reply.into_inner().payload.len()
    }
}
