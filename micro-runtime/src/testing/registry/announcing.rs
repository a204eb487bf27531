//! Rules about nodes that come, change and go.

use std::sync::Arc;
use std::time::Duration;

use super::{
    RegistryUnderTest, announce, check, check_ok, expect, expect_ids, has_ids, is_live, node,
    unique,
};
use crate::Address;
use crate::descriptor::{Kind, MethodDesc};
use crate::registry::{Endpoint, LeaseState, Node, Registry};

pub(super) async fn rules(world: &impl RegistryUnderTest, patience: Duration) {
    a_node_is_seen_by_another_handle_and_gone_when_withdrawn(world, patience).await;
    a_dropped_lease_withdraws_the_node(world, patience).await;
    nodes_come_and_go_one_by_one(world, patience).await;
    the_same_id_replaces(world, patience).await;
    what_a_node_says_arrives_unchanged(world, patience).await;
    odd_names_are_names(world, patience).await;
    services_do_not_mix(world, patience).await;
    all_watchers_are_told(world, patience).await;
    the_list_holds_services_with_nodes_only(world, patience).await;
}

async fn a_node_is_seen_by_another_handle_and_gone_when_withdrawn(
    world: &impl RegistryUnderTest,
    patience: Duration,
) {
    let (here, there) = (world.open().await, world.open().await);
    let service = unique("come");
    let mut early = there.watch(&service);
    let lease = announce(&*here, &service, node("a", 1)).await;
    check(*lease.state().borrow() == LeaseState::Held, "the state of a new lease is held");
    expect_ids(&mut early, patience, "a watcher learns of a new node", &["a"]).await;

    let mut late = there.watch(&service);
    expect_ids(&mut late, patience, "a late watcher learns of a known node", &["a"]).await;
    check_ok(lease.withdraw().await, "a lease can be withdrawn");
    for registry in [here, world.open().await] {
        let rule = "a new watcher sees no node whose withdrawal has returned";
        let mut watch = registry.watch(&service);
        let first_live = expect(&mut watch, patience, rule, is_live).await;
        check(first_live.nodes.is_empty(), rule);
    }
    expect_ids(&mut early, patience, "a watcher learns of a withdrawal", &[]).await;
}

async fn a_dropped_lease_withdraws_the_node(world: &impl RegistryUnderTest, patience: Duration) {
    let (here, there) = (world.open().await, world.open().await);
    let service = unique("drop");
    let mut watch = there.watch(&service);
    let lease = announce(&*here, &service, node("a", 1)).await;
    expect_ids(&mut watch, patience, "a watcher learns of a new node", &["a"]).await;
    drop(lease);
    expect_ids(&mut watch, patience, "a dropped lease withdraws the node", &[]).await;
}

async fn nodes_come_and_go_one_by_one(world: &impl RegistryUnderTest, patience: Duration) {
    let (here, there) = (world.open().await, world.open().await);
    let service = unique("several");
    let mut watch = there.watch(&service);
    let second = announce(&*here, &service, node("b", 2)).await;
    let third = announce(&*there, &service, node("c", 3)).await;
    let first = announce(&*here, &service, node("a", 1)).await;
    let rule = "a snapshot holds all nodes of the service, sorted by id";
    expect_ids(&mut watch, patience, rule, &["a", "b", "c"]).await;

    check_ok(second.withdraw().await, "one of several nodes can be withdrawn");
    expect_ids(&mut watch, patience, "the other nodes stay", &["a", "c"]).await;
    drop((first, third));
    expect_ids(&mut watch, patience, "the last node goes as well", &[]).await;
}

async fn the_same_id_replaces(world: &impl RegistryUnderTest, patience: Duration) {
    let (here, there) = (world.open().await, world.open().await);
    let service = unique("replace");
    let mut watch = there.watch(&service);
    let before = announce(&*here, &service, node("a", 1).version("1")).await;
    expect_ids(&mut watch, patience, "a watcher learns of a new node", &["a"]).await;
    let after = announce(&*here, &service, node("a", 2).version("2")).await;

    let rule = "a node replaces the one before it with the same id";
    let replaced =
        |snapshot: &super::Snapshot| has_ids(snapshot, &["a"]) && snapshot.nodes[0].version == "2";
    expect(&mut watch, patience, rule, replaced).await;
    drop(before);
    let mut fresh = world.open().await.watch(&service);
    let rule = "the end of a replaced lease does not withdraw the newer node";
    let first_live = expect(&mut fresh, patience, rule, is_live).await;
    check(replaced(&first_live), rule);
    drop(after);
    expect_ids(&mut watch, patience, "the end of the newer lease withdraws it", &[]).await;
}

async fn what_a_node_says_arrives_unchanged(world: &impl RegistryUnderTest, patience: Duration) {
    let (here, there) = (world.open().await, world.open().await);
    let service = unique("say");
    let said = [
        Node::new("plain", Address::host("10.0.0.1", 80)),
        Node::new("six", Address::host("fe80::1", 65535)).version("1.2.3-beta+5"),
        Node::new("name", Address::host("greeter.example", 8080)).label("zone", "eu"),
        Node::new("unix", Address::unix("/run/with space/ü.sock"))
            .label("Odd Key", "a=b\n\"c\"; ü"),
        Node::new("only", Address::name("inbox.a-1")).label("empty", ""),
        node("rich", 1).version("é").endpoints(endpoints()),
    ];
    let mut leases = Vec::new();
    for node in &said {
        leases.push(announce(&*here, &service, node.clone()).await);
    }
    let rule = "addresses, versions, labels and endpoints of a node arrive unchanged";
    let mut watch = there.watch(&service);
    expect(&mut watch, patience, rule, |snapshot| {
        let arrived = |node: &Node| snapshot.nodes.iter().any(|other| **other == *node);
        snapshot.nodes.len() == said.len() && said.iter().all(arrived)
    })
    .await;
}

fn endpoints() -> Vec<Endpoint> {
    static HELLO: MethodDesc = MethodDesc::new(
        Kind::Unary,
        "Hello",
        "Greeter.Hello",
        "/greeter.v1.Greeter/Hello",
        "greeter.v1.HelloRequest",
        "greeter.v1.HelloResponse",
    );
    let unary = Endpoint::from(&HELLO);
    let mut stream = unary.clone();
    stream.stream = true;
    stream.metadata.insert("http".to_owned(), "GET /v1/hello/{name}".to_owned());
    vec![unary, stream]
}

async fn odd_names_are_names(world: &impl RegistryUnderTest, patience: Duration) {
    let (here, there) = (world.open().await, world.open().await);
    for odd in ["go.micro.srv-greeter", "With Capitals", "a/b", "a~b:c*", "grüße", "%2F", ".."] {
        let service = unique(odd);
        let _lease = announce(&*here, &service, node(odd, 1)).await;
        let rule = format!("{odd:?} may be part of a service's name and a node's id");
        expect_ids(&mut there.watch(&service), patience, &rule, &[odd]).await;
    }
}

async fn services_do_not_mix(world: &impl RegistryUnderTest, patience: Duration) {
    let (here, there) = (world.open().await, world.open().await);
    let one = unique("mix");
    // A name that begins like the other, as back ends which look up by prefix get wrong.
    let other = format!("{one}-admin");
    let _first = announce(&*here, &one, node("same", 1)).await;
    let second = announce(&*here, &other, node("same", 2)).await;
    let (mut watch_one, mut watch_other) = (there.watch(&one), there.watch(&other));
    let rule = "a service has its own nodes only";
    for (watch, port) in [(&mut watch_one, 1), (&mut watch_other, 2)] {
        let seen = expect(watch, patience, rule, |snapshot| !snapshot.nodes.is_empty()).await;
        check(seen.nodes.len() == 1 && seen.nodes[0].address.port() == Some(port), rule);
    }
    check_ok(second.withdraw().await, "a lease can be withdrawn");
    expect_ids(&mut watch_other, patience, "a watcher learns of a withdrawal", &[]).await;
    check(has_ids(&watch_one.borrow(), &["same"]), rule);
}

async fn all_watchers_are_told(world: &impl RegistryUnderTest, patience: Duration) {
    let (here, there) = (world.open().await, world.open().await);
    let service = unique("many");
    let handles: [&Arc<dyn Registry>; 2] = [&here, &there];
    let mut watches: Vec<_> = (0..20).map(|n| handles[n % 2].watch(&service)).collect();
    let _lease = announce(&*here, &service, node("a", 1)).await;
    watches.truncate(15);
    for watch in &mut watches {
        expect_ids(watch, patience, "all watchers learn of a new node", &["a"]).await;
    }
    drop(watches);
    let mut again = there.watch(&service);
    expect_ids(&mut again, patience, "a service can be watched again", &["a"]).await;
}

async fn the_list_holds_services_with_nodes_only(
    world: &impl RegistryUnderTest,
    patience: Duration,
) {
    let (here, there) = (world.open().await, world.open().await);
    let (with, without) = (unique("with"), unique("without"));
    let _watched_only = there.watch(&without);
    let first = announce(&*here, &with, node("a", 1)).await;
    let second = announce(&*here, &with, node("b", 2)).await;
    let mut watch = there.watch(&with);
    expect_ids(&mut watch, patience, "a watcher learns of both nodes", &["a", "b"]).await;

    let names = check_ok(there.list().await, "a registry lists its services");
    check(names.contains(&with), "the list holds a service that has nodes");
    check(!names.contains(&without), "the list holds no service without nodes");
    check(names.is_sorted_by(|a, b| a < b), "the list is sorted, each service once");
    check_ok(first.withdraw().await, "a lease can be withdrawn");
    check_ok(second.withdraw().await, "a lease can be withdrawn");
    let names = check_ok(there.list().await, "a registry lists its services");
    check(!names.contains(&with), "a service leaves the list with its last node");
}
