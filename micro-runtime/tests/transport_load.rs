//! HTTP under load: servers that drain while calls come in, and messages larger than any buffer.

#[path = "shared/pipes.rs"]
mod pipes;

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use micro_runtime::codec::Protobuf;
use micro_runtime::codegen::{
    Answer, Bytes, BytesMut, Dispatch, FileDesc, Kind, MethodDesc, ServerCall, ServiceDesc,
};
use micro_runtime::context::Peer;
use micro_runtime::testing::transport::{TransportUnderTest, suite};
use micro_runtime::transport::http::network::{Acceptor, Network, Socket};
use micro_runtime::transport::{
    CallHead, Connection, HttpTransport, Incoming, Limits, Message, MessageStream, Outgoing, Reply,
    Transport,
};
use micro_runtime::{Address, BoxFuture, Code, Error, Reach, Result, Server};
use pipes::Pipes;
use tokio::sync::watch;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

static METHODS: [MethodDesc; 2] = [
    MethodDesc::new(Kind::Unary, "Echo", "Load.Echo", "/load.Load/Echo", "", ""),
    MethodDesc::new(Kind::Bidi, "Talk", "Load.Talk", "/load.Load/Talk", "", ""),
];
static FILE: FileDesc = FileDesc::new("load.proto", &[], &[]);
static SERVICE: ServiceDesc = ServiceDesc::new("Load", "load.Load", &METHODS, &FILE);

/// Gives bytes back as they are, in one turn or in two, and counts the calls.
#[derive(Clone, Default)]
struct Load(Arc<AtomicUsize>);

impl Dispatch for Load {
    fn descriptor(&self) -> &'static ServiceDesc {
        &SERVICE
    }

    fn dispatch(&self, method: usize, mut call: ServerCall) -> Answer {
        let number = self.0.fetch_add(1, Ordering::SeqCst);
        Answer::Later(Box::pin(async move {
            if method == 1 {
                return Ok(Reply::Many(Box::pin(Again(call.messages))));
            }
            let message = call.messages.only().await?;
            if number % 2 == 1 {
                tokio::task::yield_now().await;
            }
            Ok(Reply::One(Message::encoded(message)))
        }))
    }
}

/// Sends what it receives.
struct Again(Incoming);

impl MessageStream for Again {
    fn poll_encode(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        out: &mut BytesMut,
    ) -> Poll<Option<Result<()>>> {
        self.0.poll_message(cx).map(|next| {
            next.map(|message| {
                out.extend_from_slice(&message?);
                Ok(())
            })
        })
    }
}

/// Sends these messages.
fn messages(messages: Vec<Bytes>) -> Outgoing {
    struct Messages(std::vec::IntoIter<Bytes>);
    impl MessageStream for Messages {
        fn poll_encode(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut TaskContext<'_>,
            out: &mut BytesMut,
        ) -> Poll<Option<Result<()>>> {
            Poll::Ready(self.0.next().map(|message| {
                out.extend_from_slice(&message);
                Ok(())
            }))
        }
    }
    Box::pin(Messages(messages.into_iter()))
}

fn head(method: &'static MethodDesc) -> CallHead {
    let mut head = CallHead::new("load", method.into(), Arc::new(Protobuf));
    head.limits = head.limits.max_receive(64 << 20);
    head
}

async fn listen(transport: &HttpTransport, address: Address, load: &Load) -> Server {
    let limits = Limits::default().max_receive(64 << 20);
    let server = Server::builder().transport(Arc::new(transport.clone())).listen(address);
    server.limits(limits).handle(load.clone()).start().await.unwrap()
}

/// Callers of one address that share a connection, as a client's do.
struct Callers {
    transport: HttpTransport,
    address: Address,
    connection: Mutex<Option<Arc<dyn Connection>>>,
    answered: watch::Sender<usize>,
    refused: AtomicUsize,
    stop: watch::Sender<bool>,
}

impl Callers {
    async fn connection(&self) -> Result<Arc<dyn Connection>> {
        let known = self.connection.lock().unwrap().clone();
        if let Some(connection) = known.filter(|connection| connection.is_open()) {
            return Ok(connection);
        }
        let connection = self.transport.dial(self.address.clone()).await?;
        *self.connection.lock().unwrap() = Some(connection.clone());
        Ok(connection)
    }

    async fn call(&self) -> Result<()> {
        let connection = self.connection().await?;
        let reply = connection.unary(head(&METHODS[0]), Message::encoded(&b"hello"[..])).await;
        let reply = reply.inspect_err(|_| *self.connection.lock().unwrap() = None)?;
        assert_eq!(reply.message, &b"hello"[..]);
        Ok(())
    }

    /// Calls until told to stop; the first failure that is no refusal.
    async fn run(self: Arc<Self>) -> Option<Error> {
        while !*self.stop.borrow() {
            match self.call().await {
                Ok(()) => self.answered.send_modify(|count| *count += 1),
                Err(error)
                    if error.reach() == Reach::NotSent && error.code() == Code::Unavailable =>
                {
                    self.refused.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
                Err(error) => return Some(error),
            }
        }
        None
    }
}

/// 64 calls at a time, while one server after the other drains and the next takes its place.
async fn drains(address: Address) {
    let (transport, load) = (HttpTransport::default(), Load::default());
    let mut server = listen(&transport, address, &load).await;
    let address = server.address();
    let callers = Arc::new(Callers {
        transport: transport.clone(),
        address: address.clone(),
        connection: Mutex::default(),
        answered: watch::channel(0).0,
        refused: AtomicUsize::new(0),
        stop: watch::channel(false).0,
    });
    let mut answered = callers.answered.subscribe();
    let tasks: Vec<_> = (0..64).map(|_| tokio::spawn(callers.clone().run())).collect();
    for _ in 0..10 {
        let wanted = *answered.borrow() + 500;
        let more = timeout(PATIENCE, answered.wait_for(|count| *count >= wanted)).await;
        drop(more.expect("calls are answered").unwrap());
        let ended = timeout(PATIENCE, server.stop(PATIENCE)).await.expect("a drain ends");
        assert_eq!(ended, 0, "a drain ends no calls");
        drop(server);
        server = listen(&transport, address.clone(), &load).await;
    }
    callers.stop.send_replace(true);
    for task in tasks {
        let failed = timeout(PATIENCE, task).await.expect("a call ends").unwrap();
        assert!(failed.is_none(), "a call failed in a drain: {:?}", failed.unwrap());
    }
    let (handled, answered) = (load.0.load(Ordering::SeqCst), *callers.answered.borrow());
    assert_eq!(handled, answered, "each call is handled once and answered");
    assert!(answered >= 5_000);
}

#[tokio::test]
async fn no_call_is_lost_while_servers_drain() {
    drains(Address::host("127.0.0.1", 0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_is_lost_while_servers_drain_on_several_threads() {
    drains(Address::host("127.0.0.1", 0)).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn no_call_is_lost_while_servers_drain_on_unix_sockets() {
    let folder = tempfile::tempdir().unwrap();
    drains(Address::unix(folder.path().join("load"))).await;
}

struct OverPipes(HttpTransport);

impl TransportUnderTest for OverPipes {
    fn open(&self) -> Arc<dyn Transport> {
        Arc::new(self.0.clone())
    }

    fn free_address(&self) -> Address {
        Address::name(format!("pipe-{:016x}", fastrand::u64(..)))
    }

    fn dead_address(&self) -> Address {
        Address::name("nobody")
    }
}

#[tokio::test]
async fn http_over_pipes_that_hold_little_keeps_all_rules() {
    suite(&OverPipes(HttpTransport::default().network(Pipes::holding(100)))).await;
}

fn large(length: usize) -> Bytes {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect::<Vec<_>>().into()
}

/// Four messages of 16 MiB at once, each way, as unary calls and as a stream that is read slowly.
async fn large_messages(transport: HttpTransport, address: Address) {
    let server = listen(&transport, address, &Load::default()).await;
    let connection = transport.dial(server.address()).await.unwrap();
    let sent = large(16 << 20);
    let calls: Vec<_> = (0..4)
        .map(|_| connection.unary(head(&METHODS[0]), Message::encoded(sent.clone())))
        .map(tokio::spawn)
        .collect();
    for call in calls {
        let reply = timeout(PATIENCE, call).await.expect("a large message arrives").unwrap();
        assert!(reply.unwrap().message == sent);
    }
    let outgoing = messages(vec![sent.clone(); 4]);
    let stream = timeout(PATIENCE, connection.stream(head(&METHODS[1]), outgoing)).await;
    let mut replies = stream.expect("a head comes").unwrap().messages;
    for _ in 0..4 {
        // Others use the connection while nobody reads the stream.
        for _ in 0..100 {
            let small = connection.unary(head(&METHODS[0]), Message::encoded(&b"small"[..]));
            timeout(PATIENCE, small).await.expect("small calls are not held up").unwrap();
        }
        let next = timeout(PATIENCE, replies.message()).await.expect("a large message arrives");
        assert!(next.unwrap().unwrap() == sent);
    }
    let end = timeout(PATIENCE, replies.message()).await.expect("the end comes");
    assert_eq!(end.unwrap(), None);
    assert_eq!(server.stop(PATIENCE).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_arrive_over_tcp() {
    large_messages(HttpTransport::default(), Address::host("127.0.0.1", 0)).await;
}

#[tokio::test]
async fn large_messages_arrive_over_small_pipes() {
    let transport = HttpTransport::default().network(Pipes::holding(4_000));
    large_messages(transport, Address::name("large")).await;
}

/// A socket that takes nothing more after its first bytes, and never tells its reader.
struct Broken(bool);

impl tokio::io::AsyncRead for Broken {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        _: &mut TaskContext<'_>,
        _: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl tokio::io::AsyncWrite for Broken {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut TaskContext<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Poll::Ready(Ok(data.len().min(10)))
    }

    fn poll_flush(self: std::pin::Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[derive(Debug)]
struct BrokenNetwork;

impl Network for BrokenNetwork {
    fn dial(&self, _: Address) -> BoxFuture<io::Result<Socket>> {
        Box::pin(async { Ok(Socket::new(Broken(false), Peer::default())) })
    }

    fn listen(&self, _: Address) -> BoxFuture<io::Result<Box<dyn Acceptor>>> {
        Box::pin(async { Err(io::ErrorKind::Unsupported.into()) })
    }
}

#[tokio::test]
async fn a_write_that_fails_ends_the_connection_though_its_reader_hears_nothing() {
    let limit = Duration::from_secs(3_600);
    let transport = HttpTransport::default().network(BrokenNetwork).connect_timeout(limit);
    let dialled = timeout(Duration::from_secs(20), transport.dial(Address::name("x"))).await;
    let error = dialled.expect("a failed write is noticed").unwrap_err();
    assert_eq!((error.code(), error.reach()), (Code::Unavailable, Reach::NotSent));
}
