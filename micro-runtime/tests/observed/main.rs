//! What others see of a server beside its services: probes, reflection, and the details of errors.

mod details;
mod health;
mod probes;
mod reflection;
#[expect(dead_code, reason = "shared with the tests of clients")]
#[path = "../client/service.rs"]
mod service;

use std::sync::Arc;
use std::time::Duration;

use micro_runtime::registry::FixedRegistry;
use micro_runtime::service::Phase;
use micro_runtime::transport::Transport;
/// The generated code below means the runtime by `crate`.
use micro_runtime::{Address, Client, Environment, codegen, health::Readiness, wkt};

/// The clients of what the runtime serves: the same generated code, seen from outside.
mod generated {
    include!("../../src/generated/mod.rs");
}

/// Longer than anything here takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client of one server, whatever a registry says of it.
fn client_of(address: Address, transport: Arc<dyn Transport>) -> Client {
    let registry = FixedRegistry::new().any_other([address]);
    let client = Client::builder().environment(Environment::empty()).registry(Arc::new(registry));
    client.transport(transport).build().unwrap()
}

/// What comes in time.
async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it comes in time")
}

/// Waits until a server has come as far as `phase`.
async fn reached(readiness: &Readiness, phase: Phase) {
    in_time(readiness.watch().wait_for(|state| state.phase() >= phase)).await.unwrap();
}
