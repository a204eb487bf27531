//! The fixed registry keeps the rules of all registries that announce nothing, and its own.

use std::sync::Arc;

use micro_runtime::Address;
use micro_runtime::registry::{FixedRegistry, Health, LeaseState, Node, Registration, Registry};
use micro_runtime::testing::registry::{RegistryUnderTest, suite};

struct Fixed;

impl RegistryUnderTest for Fixed {
    async fn open(&self) -> Arc<dyn Registry> {
        Arc::new(FixedRegistry::new().service("b", addresses()).service("a", addresses()))
    }

    fn announces(&self) -> bool {
        false
    }
}

fn addresses() -> [Address; 3] {
    [Address::host("b", 2), Address::host("a", 1), Address::host("b", 2)]
}

#[tokio::test(start_paused = true)]
async fn it_keeps_the_rules() {
    suite(&Fixed).await;
}

#[tokio::test]
async fn a_named_service_has_its_addresses_once_and_others_have_the_rest() {
    let registry =
        FixedRegistry::new().service("greeter", addresses()).any_other([Address::name("x")]);
    let ids = |service| -> Vec<String> {
        registry.watch(service).borrow().nodes.iter().map(|node| node.id.clone()).collect()
    };
    assert_eq!(ids("greeter"), ["a:1", "b:2"]);
    assert_eq!(ids("users"), ["name:x"]);
    assert_eq!(registry.list().await.unwrap(), ["greeter"]);
    assert_eq!(registry.watch("greeter").borrow().health, Health::Live);
}

#[tokio::test]
async fn a_registration_is_taken_and_changes_nothing() {
    let registry = FixedRegistry::new();
    let node = Node::new("a", Address::name("a"));
    let lease = registry.register(Registration::new("greeter", node)).await.unwrap();
    assert_eq!(*lease.state().borrow(), LeaseState::Held);
    assert!(registry.watch("greeter").borrow().nodes.is_empty());
    assert!(registry.list().await.unwrap().is_empty());
}
