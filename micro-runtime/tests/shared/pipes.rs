//! A network of pipes within this process: as small as a test likes, and still while time is paused.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};

use micro_runtime::context::Peer;
use micro_runtime::transport::http::network::{Acceptor, Network, Socket};
use micro_runtime::{Address, BoxFuture};
use tokio::sync::mpsc;

/// Listeners and sockets that are pipes, each of which holds so many bytes.
#[derive(Clone, Debug)]
pub(crate) struct Pipes {
    size: usize,
    listening: Arc<Mutex<HashMap<Address, mpsc::UnboundedSender<Socket>>>>,
}

impl Pipes {
    pub(crate) fn holding(size: usize) -> Self {
        Self { size, listening: Arc::default() }
    }
}

impl Network for Pipes {
    fn dial(&self, address: Address) -> BoxFuture<io::Result<Socket>> {
        let (size, listening) = (self.size, self.listening.lock().unwrap().get(&address).cloned());
        Box::pin(async move {
            let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
            let (ours, theirs) = tokio::io::duplex(size);
            let theirs = Socket::new(theirs, Peer::default());
            listening.ok_or_else(refused)?.send(theirs).map_err(|_| refused())?;
            Ok(Socket::new(ours, Peer::at(address)))
        })
    }

    fn listen(&self, address: Address) -> BoxFuture<io::Result<Box<dyn Acceptor>>> {
        let mut listening = self.listening.lock().unwrap();
        let taken = listening.get(&address).is_some_and(|sockets| !sockets.is_closed());
        let (sender, sockets) = mpsc::unbounded_channel();
        if !taken {
            listening.insert(address.clone(), sender);
        }
        Box::pin(async move {
            if taken {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            Ok(Box::new(Pipe { address, sockets: Mutex::new(sockets) }) as Box<dyn Acceptor>)
        })
    }
}

#[derive(Debug)]
struct Pipe {
    address: Address,
    sockets: Mutex<mpsc::UnboundedReceiver<Socket>>,
}

impl Acceptor for Pipe {
    fn address(&self) -> Address {
        self.address.clone()
    }

    fn poll_accept(&self, cx: &mut TaskContext<'_>) -> Poll<io::Result<Socket>> {
        let next = self.sockets.lock().unwrap().poll_recv(cx);
        next.map(|socket| socket.ok_or_else(|| io::ErrorKind::NotConnected.into()))
    }
}
