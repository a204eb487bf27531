//! Every built-in transport passes the contract suite.

use std::sync::Arc;

use micro_runtime::Address;
use micro_runtime::testing::transport::{TransportUnderTest, suite};
use micro_runtime::transport::{HttpTransport, MemoryTransport, Transport};

struct UnderTest<T> {
    transport: T,
    free: fn() -> Address,
    dead: Address,
}

impl<T: Transport + Clone> TransportUnderTest for UnderTest<T> {
    fn open(&self) -> Arc<dyn Transport> {
        Arc::new(self.transport.clone())
    }

    fn free_address(&self) -> Address {
        (self.free)()
    }

    fn dead_address(&self) -> Address {
        self.dead.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_all_rules() {
    let free = || Address::host("127.0.0.1", 0);
    let dead = Address::name("nobody");
    suite(&UnderTest { transport: MemoryTransport::new(), free, dead }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn http_over_ipv4_keeps_all_rules() {
    let free = || Address::host("127.0.0.1", 0);
    let dead = dead_port("127.0.0.1");
    suite(&UnderTest { transport: HttpTransport::default(), free, dead }).await;
}

#[tokio::test]
async fn http_over_ipv6_on_one_thread_keeps_all_rules() {
    let free = || Address::host("::1", 0);
    let dead = dead_port("::1");
    suite(&UnderTest { transport: HttpTransport::default(), free, dead }).await;
}

#[cfg(unix)]
#[tokio::test]
async fn http_over_unix_sockets_keeps_all_rules() {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    fn free() -> Address {
        let folder = FOLDER.get_or_init(|| tempfile::tempdir().unwrap());
        Address::unix(folder.path().join(NEXT.fetch_add(1, Ordering::Relaxed).to_string()))
    }
    let dead = Address::unix("/nowhere/to/be/found");
    suite(&UnderTest { transport: HttpTransport::default(), free, dead }).await;
}

/// A port that was free a moment ago.
fn dead_port(host: &str) -> Address {
    let listener = std::net::TcpListener::bind((host, 0)).unwrap();
    listener.local_addr().unwrap().into()
}
