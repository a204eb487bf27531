//! Bytes below HTTP: listening and dialling, over TCP and Unix domain sockets.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::task::{Context as TaskContext, Poll};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use crate::BoxFuture;
use crate::address::Address;
use crate::context::Peer;

/// A two-way flow of bytes.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connected flow of bytes and who is at its other end.
pub struct Socket {
    /// The bytes.
    pub io: Box<dyn Io>,
    /// Who is at the other end.
    pub peer: Peer,
}

impl Socket {
    /// A socket.
    pub fn new(io: impl Io + 'static, peer: Peer) -> Self {
        Self { io: Box::new(io), peer }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// A way to listen and to dial.
pub trait Network: fmt::Debug + Send + Sync + 'static {
    /// Connects to an address.
    fn dial(&self, address: Address) -> BoxFuture<io::Result<Socket>>;

    /// Listens at an address.
    fn listen(&self, address: Address) -> BoxFuture<io::Result<Box<dyn Acceptor>>>;
}

/// An open listening socket.
pub trait Acceptor: fmt::Debug + Send + Sync + 'static {
    /// Where it listens: with the port that the system chose.
    fn address(&self) -> Address;

    /// The next connection.
    fn poll_accept(&self, cx: &mut TaskContext<'_>) -> Poll<io::Result<Socket>>;
}

/// TCP and Unix domain sockets of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNetwork;

impl Network for SystemNetwork {
    fn dial(&self, address: Address) -> BoxFuture<io::Result<Socket>> {
        Box::pin(async move {
            let peer = Peer::at(address.clone());
            match address {
                Address::Host { host, port } => {
                    let stream = TcpStream::connect((host.as_str(), port)).await?;
                    stream.set_nodelay(true)?;
                    Ok(Socket::new(stream, peer))
                }
                Address::Unix(path) => dial_unix(&path, peer).await,
                Address::Name(name) => Err(not_an_address(&name)),
            }
        })
    }

    fn listen(&self, address: Address) -> BoxFuture<io::Result<Box<dyn Acceptor>>> {
        Box::pin(async move {
            match address {
                Address::Host { host, port } => {
                    let host = if host.is_empty() { "::" } else { host.as_str() };
                    let listener = TcpListener::bind((host, port)).await?;
                    let address = listener.local_addr()?.into();
                    Ok(Box::new(TcpAcceptor { listener, address }) as Box<dyn Acceptor>)
                }
                Address::Unix(path) => listen_unix(path).await,
                Address::Name(name) => Err(not_an_address(&name)),
            }
        })
    }
}

fn not_an_address(name: &str) -> io::Error {
    let text = format!("{name:?} is a name; http wants host:port, [ipv6]:port or unix:/path");
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

#[derive(Debug)]
struct TcpAcceptor {
    listener: TcpListener,
    address: Address,
}

impl Acceptor for TcpAcceptor {
    fn address(&self) -> Address {
        self.address.clone()
    }

    fn poll_accept(&self, cx: &mut TaskContext<'_>) -> Poll<io::Result<Socket>> {
        self.listener.poll_accept(cx).map_ok(|(stream, peer)| {
            // Small messages must not wait for acknowledgements: 40 ms a call otherwise.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "cannot switch Nagle's algorithm off");
            }
            Socket::new(stream, Peer::at(peer.into()))
        })
    }
}

#[cfg(unix)]
async fn dial_unix(path: &Path, peer: Peer) -> io::Result<Socket> {
    Ok(Socket::new(tokio::net::UnixStream::connect(path).await?, peer))
}

#[cfg(unix)]
async fn listen_unix(path: PathBuf) -> io::Result<Box<dyn Acceptor>> {
    remove_stale(&path).await?;
    let listener = tokio::net::UnixListener::bind(&path)?;
    Ok(Box::new(UnixAcceptor { listener, path }))
}

/// Removes the socket file of a process that is gone; one that somebody listens on stays.
#[cfg(unix)]
async fn remove_stale(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt;
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if !is_socket {
        return Ok(());
    }
    match tokio::net::UnixStream::connect(path).await {
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path)
        }
        Err(_) => Ok(()),
    }
}

#[cfg(unix)]
#[derive(Debug)]
struct UnixAcceptor {
    listener: tokio::net::UnixListener,
    path: PathBuf,
}

#[cfg(unix)]
impl Acceptor for UnixAcceptor {
    fn address(&self) -> Address {
        Address::unix(&self.path)
    }

    fn poll_accept(&self, cx: &mut TaskContext<'_>) -> Poll<io::Result<Socket>> {
        let peer = || Peer::at(self.address());
        self.listener.poll_accept(cx).map_ok(|(stream, _)| Socket::new(stream, peer()))
    }
}

#[cfg(unix)]
impl Drop for UnixAcceptor {
    fn drop(&mut self) {
        // The file is useless without its listener; if it cannot go, the next one here replaces it.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(not(unix))]
async fn dial_unix(_: &Path, _: Peer) -> io::Result<Socket> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no Unix domain sockets"))
}

#[cfg(not(unix))]
async fn listen_unix(_: PathBuf) -> io::Result<Box<dyn Acceptor>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no Unix domain sockets"))
}
