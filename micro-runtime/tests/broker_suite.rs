//! The brokers of this crate keep the rules of all brokers.

use std::sync::Arc;

use micro_runtime::broker::{Broker, HttpBroker, MemoryBroker};
use micro_runtime::registry::{LocalRegistry, MemoryRegistry, Registry};
use micro_runtime::testing::broker::{BrokerUnderTest, suite};
use micro_runtime::transport::{HttpTransport, MemoryTransport, Transport};

struct Memory(MemoryBroker);

impl BrokerUnderTest for Memory {
    async fn open(&self) -> Arc<dyn Broker> {
        Arc::new(self.0.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn the_memory_broker_keeps_all_rules() {
    suite(&Memory(MemoryBroker::new())).await;
}

/// Each handle is a broker of its own, as in a process of its own: they share the registry only.
struct Http {
    registry: Box<dyn Fn() -> Arc<dyn Registry> + Send + Sync>,
    transport: Arc<dyn Transport>,
}

impl BrokerUnderTest for Http {
    async fn open(&self) -> Arc<dyn Broker> {
        Arc::new(HttpBroker::new((self.registry)(), Arc::clone(&self.transport)))
    }
}

#[tokio::test]
async fn the_http_broker_keeps_all_rules_over_a_registry_in_memory() {
    let registry = MemoryRegistry::new();
    let registry = Box::new(move || Arc::new(registry.clone()) as _);
    suite(&Http { registry, transport: Arc::new(HttpTransport::default()) }).await;
}

#[tokio::test]
async fn the_http_broker_keeps_all_rules_over_the_local_registry() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nodes");
    let registry = Box::new(move || Arc::new(LocalRegistry::new(&path)) as _);
    suite(&Http { registry, transport: Arc::new(HttpTransport::default()) }).await;
}

#[tokio::test]
async fn the_http_broker_keeps_all_rules_over_a_transport_that_is_not_http() {
    let registry = MemoryRegistry::new();
    let registry = Box::new(move || Arc::new(registry.clone()) as _);
    suite(&Http { registry, transport: Arc::new(MemoryTransport::new()) }).await;
}
