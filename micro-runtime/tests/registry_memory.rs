//! The memory registry keeps the rules of all registries, and its own.

use std::sync::Arc;

use micro_runtime::Address;
use micro_runtime::registry::{LeaseState, MemoryRegistry, Node, Registration, Registry};
use micro_runtime::testing::registry::{RegistryUnderTest, suite};

struct Memory(MemoryRegistry);

impl RegistryUnderTest for Memory {
    async fn open(&self) -> Arc<dyn Registry> {
        Arc::new(self.0.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn it_keeps_the_rules() {
    suite(&Memory(MemoryRegistry::new())).await;
}

#[tokio::test]
async fn watchers_know_of_a_withdrawal_when_the_drop_returns() {
    let registry = MemoryRegistry::new();
    let node = Node::new("a", Address::name("a"));
    let lease = registry.register(Registration::new("greeter", node)).await.unwrap();
    let watch = registry.watch("greeter");
    assert_eq!(watch.borrow().nodes.len(), 1);
    drop(lease);
    assert!(watch.borrow().nodes.is_empty());
}

#[tokio::test]
async fn a_replaced_lease_is_lost() {
    let registry = MemoryRegistry::new();
    let node = Node::new("a", Address::name("a"));
    let before = registry.register(Registration::new("greeter", node.clone())).await.unwrap();
    let _after = registry.register(Registration::new("greeter", node)).await.unwrap();
    assert!(matches!(&*before.state().borrow(), LeaseState::Lost(why) if why.contains("newer")));
}

#[tokio::test]
async fn separate_registries_know_nothing_of_each_other() {
    let (one, other) = (MemoryRegistry::new(), MemoryRegistry::new());
    let node = Node::new("a", Address::name("a"));
    let _lease = one.register(Registration::new("greeter", node)).await.unwrap();
    assert!(other.list().await.unwrap().is_empty());
    assert_eq!(format!("{one:?} {other:?}"), r#"MemoryRegistry {"greeter": 1} MemoryRegistry {}"#);
}
