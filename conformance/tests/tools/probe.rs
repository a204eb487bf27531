//! grpc-health-probe: the probe that containers bring along.

use std::sync::Arc;
use std::time::Duration;

use conformance::Interop;
use conformance::interop::v1::InteropServer;
use micro_runtime::registry::MemoryRegistry;
use micro_runtime::service::Phase;
use micro_runtime::{Environment, Service};

use super::{Ran, run, serve};

/// The probe's own numbers.
const CANNOT_CONNECT: i32 = 2;
const CALL_FAILED: i32 = 3;
const NOT_SERVING: i32 = 4;

async fn probe(address: &str, arguments: &[&str]) -> Ran {
    let arguments = [&["-addr", address], arguments].concat();
    run("MICRO_TEST_HEALTH_PROBE", &arguments).await
}

#[tokio::test]
#[ignore = "needs grpc-health-probe: run by cargo xtask test"]
async fn the_probe_tells_a_serving_server_from_an_unknown_service_and_an_unready_one() {
    let (server, address) = serve().await;
    assert_eq!(probe(&address, &[]).await.code, 0);
    assert_eq!(probe(&address, &["-service", "interop.v1.Interop"]).await.code, 0);
    let unknown = probe(&address, &["-service", "interop.v1.Nobody"]).await;
    assert_eq!(unknown.code, CALL_FAILED, "{unknown:?}");
    assert!(unknown.err.contains("NotFound"), "{unknown:?}");
    server.readiness().not_ready("database", "no connection");
    assert_eq!(probe(&address, &[]).await.code, NOT_SERVING);
    server.readiness().ready("database");
    assert_eq!(probe(&address, &[]).await.code, 0);
}

#[tokio::test]
#[ignore = "needs grpc-health-probe: run by cargo xtask test"]
async fn the_probe_sees_a_node_leave_while_it_still_answers() {
    let service = Service::builder("interop")
        .environment(Environment::empty())
        .registry(Arc::new(MemoryRegistry::new()))
        // Longer than the test: the probe looks on while the node leaves.
        .grace(Duration::from_secs(3_600))
        .handle(InteropServer::new(Interop::default()));
    let node = Arc::new(service.build().unwrap().start().await.unwrap());
    let address = node.address().to_string();
    assert_eq!(probe(&address, &[]).await.code, 0);
    let stopping = tokio::spawn({
        let node = Arc::clone(&node);
        async move { node.stop().await }
    });
    let mut states = node.readiness().watch();
    states.wait_for(|state| state.phase() == Phase::Leaving).await.unwrap();
    let leaving = probe(&address, &[]).await;
    assert_eq!(leaving.code, NOT_SERVING, "{leaving:?}");
    assert_eq!(probe(&address, &["-service", "interop.v1.Interop"]).await.code, NOT_SERVING);
    stopping.abort();
    node.abort();
    drop((stopping, node));
    assert_eq!(probe(&address, &["-connect-timeout", "2s"]).await.code, CANNOT_CONNECT);
}
