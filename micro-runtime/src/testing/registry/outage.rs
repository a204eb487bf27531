//! Rules about a registry that cannot be reached for a while.

use std::time::Duration;

use tokio::time::timeout;

use super::{RegistryUnderTest, announce, check, expect, expect_ids, has_ids, node, unique};
use crate::registry::{Health, LeaseState};

pub(super) async fn rules(world: &impl RegistryUnderTest, patience: Duration) {
    let (here, there) = (world.open().await, world.open().await);
    let service = unique("outage");
    let lease = announce(&*here, &service, node("a", 1)).await;
    let mut watch = there.watch(&service);
    expect_ids(&mut watch, patience, "a watcher learns of a new node", &["a"]).await;

    world.cut().await;
    let rule = "an outage makes the snapshot stale";
    let stale =
        expect(&mut watch, patience, rule, |snapshot| why(&snapshot.health).is_some()).await;
    check(has_ids(&stale, &["a"]), "an outage keeps the last known nodes");
    check(why(&stale.health).is_some_and(|why| !why.is_empty()), "a stale snapshot says why");

    world.restore().await;
    let rule = "after an outage, nodes are announced again and snapshots are live";
    expect_ids(&mut watch, patience, rule, &["a"]).await;
    let rule = "the state of a lease is held again after an outage";
    let mut state = lease.state();
    let held = timeout(patience, state.wait_for(|state| *state == LeaseState::Held)).await;
    check(matches!(held, Ok(Ok(_))), rule);
    drop(lease);
    expect_ids(&mut watch, patience, "a node can be withdrawn after an outage", &[]).await;
}

fn why(health: &Health) -> Option<&str> {
    if let Health::Stale(why) = health { Some(why) } else { None }
}
