//! Rules that hold for every registry, whether it announces nodes or not.

use std::time::Duration;

use super::{RegistryUnderTest, check, check_ok, expect, is_live, unique};
use crate::registry::{Health, Registration};

pub(super) async fn rules(world: &impl RegistryUnderTest, patience: Duration) {
    describes_itself(world).await;
    a_watch_begins_loading_or_live_and_becomes_live(world, patience).await;
    a_watch_does_not_end_while_the_registry_is_there(world, patience).await;
    the_list_is_sorted_and_has_no_repetitions(world).await;
    a_registration_gives_a_lease_that_can_be_withdrawn(world).await;
}

async fn describes_itself(world: &impl RegistryUnderTest) {
    let text = world.open().await.describe();
    check(!text.trim().is_empty(), "a registry describes itself");
}

async fn a_watch_begins_loading_or_live_and_becomes_live(
    world: &impl RegistryUnderTest,
    patience: Duration,
) {
    let (registry, service) = (world.open().await, unique("unknown"));
    let mut watch = registry.watch(&service);
    let first = watch.borrow().clone();
    check(
        matches!(first.health, Health::Loading | Health::Live),
        "the first snapshot is loading or live",
    );
    check(first.service == service, "a snapshot names the service that is watched");
    let rule = "a watch becomes live, also of a service without nodes";
    let live = expect(&mut watch, patience, rule, is_live).await;
    check(live.nodes.is_sorted_by(|a, b| a.id < b.id), "nodes are sorted by id, each id once");
}

async fn a_watch_does_not_end_while_the_registry_is_there(
    world: &impl RegistryUnderTest,
    patience: Duration,
) {
    let (registry, service) = (world.open().await, unique("lasting"));
    drop(registry.watch(&service));
    let mut again = registry.watch(&service);
    let other = registry.watch(&unique("other"));
    expect(&mut again, patience, "a service can be watched again", is_live).await;
    drop(other);
    check(again.has_changed().is_ok(), "a watch lasts as long as its registry");
}

async fn the_list_is_sorted_and_has_no_repetitions(world: &impl RegistryUnderTest) {
    let names = check_ok(world.open().await.list().await, "a registry lists its services");
    check(names.is_sorted_by(|a, b| a < b), "the list is sorted, each service once");
}

async fn a_registration_gives_a_lease_that_can_be_withdrawn(world: &impl RegistryUnderTest) {
    let (registry, service) = (world.open().await, unique("withdrawn"));
    let registration = Registration::new(service, super::node("a", 1));
    let lease = check_ok(registry.register(registration).await, "register gives a lease");
    check_ok(lease.withdraw().await, "a lease can be withdrawn");
}
