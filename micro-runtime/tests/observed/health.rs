//! `grpc.health.v1.Health`, from starting to stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use micro_runtime::health::{Readiness, State};
use micro_runtime::middleware::{Invocation, Next};
use micro_runtime::registry::{
    Lease, LeaseState, MemoryRegistry, Registration, Registry, Snapshot,
};
use micro_runtime::service::{Phase, Running};
use micro_runtime::transport::MemoryTransport;
use micro_runtime::{BoxFuture, Code, Context, Result, Server, Streaming};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::generated::grpc::health::v1::health_check_response::ServingStatus;
use crate::generated::grpc::health::v1::{
    HealthCheckRequest, HealthCheckResponse, HealthClient, HealthHandler, HealthListRequest,
    HealthServer,
};
use crate::service::{Handled, TestClient, World};
use crate::{client_of, in_time, reached};

/// A server in memory, and a client of its probes.
struct Probed {
    transport: MemoryTransport,
    server: Server,
}

impl Probed {
    async fn start() -> Self {
        let transport = MemoryTransport::new();
        let server = Server::builder().transport(Arc::new(transport.clone()));
        let server = server.handle(Handled::says("here")).start().await.unwrap();
        Self { transport, server }
    }

    fn health(&self) -> HealthClient {
        health(&self.transport, &self.server)
    }
}

fn health(transport: &MemoryTransport, server: &Server) -> HealthClient {
    HealthClient::new("any", client_of(server.address(), Arc::new(transport.clone())))
}

fn about(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

async fn checked(health: &HealthClient, service: &str) -> ServingStatus {
    health.check(about(service)).await.unwrap().status()
}

async fn next(watching: &mut Streaming<HealthCheckResponse>) -> ServingStatus {
    in_time(watching.message()).await.unwrap().expect("it goes on").status()
}

#[tokio::test]
async fn a_started_server_and_its_services_are_serving_and_no_others_are_known() {
    let probed = Probed::start().await;
    let health = probed.health();
    assert_eq!(checked(&health, "").await, ServingStatus::Serving);
    assert_eq!(checked(&health, "test.Test").await, ServingStatus::Serving);
    let error = health.check(about("test.Tset")).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.message().contains("test.Test"), "{error}");
}

#[tokio::test]
async fn all_services_are_listed_with_the_whole_server() {
    let probed = Probed::start().await;
    probed.server.readiness().not_ready("database", "away");
    let listed = probed.health().list(HealthListRequest {}).await.unwrap().statuses;
    let mut names: Vec<_> = listed.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["", "test.Test"]);
    assert!(listed.values().all(|status| status.status() == ServingStatus::NotServing));
}

#[tokio::test]
async fn a_watcher_sees_each_change_and_never_misses_the_last_one() {
    let probed = Probed::start().await;
    let mut watching = probed.health().watch(about("test.Test")).await.unwrap();
    let readiness = probed.server.readiness();
    assert_eq!(next(&mut watching).await, ServingStatus::Serving);
    readiness.not_ready("database", "away");
    assert_eq!(next(&mut watching).await, ServingStatus::NotServing);
    for _ in 0..1_000 {
        readiness.ready("database");
        readiness.not_ready("database", "away");
    }
    readiness.ready("database");
    assert_eq!(next(&mut watching).await, ServingStatus::Serving);
}

#[tokio::test(start_paused = true)]
async fn watching_an_unknown_service_says_so_and_goes_on() {
    let probed = Probed::start().await;
    let mut watching = probed.health().watch(about("nobody")).await.unwrap();
    assert_eq!(next(&mut watching).await, ServingStatus::ServiceUnknown);
    probed.server.readiness().not_ready("database", "away");
    let more = tokio::time::timeout(Duration::from_secs(3_600), watching.message());
    assert!(more.await.is_err(), "nothing more is to be said");
}

/// A node with a grace of ten seconds, a client of its service and one of its probes.
async fn leaving() -> (Arc<Running>, TestClient, HealthClient) {
    let world = World::default();
    let node = world.service("test", "a").grace(Duration::from_secs(10));
    let node = node.handle(Handled::says("here")).build().unwrap().start().await.unwrap();
    let client = client_of(node.address(), world.0.transport());
    let health = HealthClient::new("test", client.clone());
    (Arc::new(node), TestClient::new("test", client), health)
}

#[tokio::test(start_paused = true)]
async fn a_leaving_node_is_seen_not_to_serve_and_still_answers() {
    let (node, client, health) = leaving().await;
    let mut watching = health.watch(about("")).await.unwrap();
    assert_eq!(next(&mut watching).await, ServingStatus::Serving);
    let stopping = tokio::spawn({
        let node = Arc::clone(&node);
        async move { node.stop().await }
    });
    assert_eq!(next(&mut watching).await, ServingStatus::NotServing);
    assert_eq!(node.readiness().phase(), Phase::Leaving);
    assert_eq!(checked(&health, "test.Test").await, ServingStatus::NotServing);
    assert_eq!(client.write("").await.unwrap().text, "here");
    assert!(!stopping.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_watcher_does_not_hold_up_a_stop_and_is_told_why_it_ends() {
    let (node, _, health) = leaving().await;
    let mut watching = health.watch(about("")).await.unwrap();
    assert_eq!(next(&mut watching).await, ServingStatus::Serving);
    let started = Instant::now();
    node.stop().await;
    assert_eq!(started.elapsed(), Duration::from_secs(10), "the grace, and no more");
    assert_eq!(next(&mut watching).await, ServingStatus::NotServing);
    let error = in_time(watching.message()).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("stopping"), "{error}");
}

#[tokio::test]
async fn a_service_is_not_ready_before_it_is_registered() {
    let readiness = Readiness::new();
    let seen = readiness.clone();
    let service = World::default().service("test", "a").readiness(readiness.clone());
    let service = service.on_start(move || {
        assert_eq!((seen.is_ready(), seen.phase()), (false, Phase::Starting));
        seen.not_ready("cache", "being filled");
        std::future::ready(Ok(()))
    });
    let node = service.handle(Handled::says("here")).build().unwrap().start().await.unwrap();
    assert_eq!(readiness.reasons(), ["cache: being filled"]);
    node.readiness().ready("cache");
    assert!(readiness.is_ready(), "there is one state");
}

/// A registry whose leases are lost and held again on command.
#[derive(Debug)]
struct Losing(MemoryRegistry, watch::Sender<LeaseState>);

impl Registry for Losing {
    fn describe(&self) -> String {
        "losing".to_owned()
    }
    fn register(&self, _: Registration) -> BoxFuture<Result<Lease>> {
        let lease = Lease::new(self.1.subscribe(), || Box::pin(std::future::ready(Ok(()))));
        Box::pin(std::future::ready(Ok(lease)))
    }
    fn watch(&self, service: &str) -> watch::Receiver<Arc<Snapshot>> {
        self.0.watch(service)
    }
    fn list(&self) -> BoxFuture<Result<Vec<String>>> {
        self.0.list()
    }
}

#[tokio::test]
async fn a_node_that_callers_cannot_find_is_not_ready_until_they_can() {
    let registry = Arc::new(Losing(MemoryRegistry::new(), watch::channel(LeaseState::Held).0));
    let node = World::default().service("test", "a").registry(registry.clone());
    let node = node.handle(Handled::says("here")).build().unwrap().start().await.unwrap();
    let mut states = node.readiness().watch();
    assert!(states.borrow().is_ready());
    registry.1.send_replace(LeaseState::Lost("the registry is away".to_owned()));
    let lost = in_time(states.wait_for(|state| !state.is_ready())).await.unwrap().reasons();
    assert_eq!(lost, ["registration: lost, the registry is away"]);
    registry.1.send_replace(LeaseState::Held);
    in_time(states.wait_for(State::is_ready)).await.unwrap();
}

#[tokio::test]
async fn middleware_runs_around_services_and_not_around_probes() {
    let (transport, count) = (MemoryTransport::new(), Arc::new(AtomicUsize::new(0)));
    let counting = {
        let count = Arc::clone(&count);
        move |invocation: Invocation, next: Next| {
            count.fetch_add(1, Ordering::SeqCst);
            next.run(invocation)
        }
    };
    let server = Server::builder().transport(Arc::new(transport.clone())).middleware(counting);
    let server = server.handle(Handled::says("here")).start().await.unwrap();
    assert_eq!(checked(&health(&transport, &server), "").await, ServingStatus::Serving);
    assert_eq!(count.load(Ordering::SeqCst), 0);
    let client = client_of(server.address(), Arc::new(transport));
    TestClient::new("test", client).read("").await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_node_announces_its_services_and_not_what_every_server_answers() {
    let world = World::default();
    let node = world.node("test", "a", Handled::says("here")).await;
    let endpoints = node.node().endpoints.iter().map(|endpoint| &*endpoint.path);
    assert!(endpoints.clone().count() > 0);
    assert_eq!(endpoints.filter(|path| !path.starts_with("/test.Test/")).count(), 0);
}

/// Somebody's own probe, which never serves.
struct Grumpy;

impl HealthHandler for Grumpy {
    async fn check(&self, _: Context, _: HealthCheckRequest) -> Result<HealthCheckResponse> {
        Ok(HealthCheckResponse { status: ServingStatus::NotServing.into() })
    }
}

#[tokio::test]
async fn a_probe_of_your_own_takes_the_place_of_the_built_in_one() {
    let transport = MemoryTransport::new();
    let server = Server::builder().transport(Arc::new(transport.clone()));
    let server = server.handle(HealthServer::new(Grumpy)).start().await.unwrap();
    assert!(server.readiness().is_ready());
    assert_eq!(checked(&health(&transport, &server), "").await, ServingStatus::NotServing);
}

#[tokio::test]
async fn a_server_can_keep_its_health_to_itself() {
    let transport = MemoryTransport::new();
    let server = Server::builder().transport(Arc::new(transport.clone())).without_health();
    let server = server.handle(Handled::says("here")).start().await.unwrap();
    let error = health(&transport, &server).check(about("")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
    assert!(error.message().contains("the services here: test.Test"), "{error}");
}

#[tokio::test]
async fn a_stopped_server_says_so_to_those_who_hold_its_state() {
    let probed = Probed::start().await;
    assert_eq!(probed.server.stop(Duration::from_secs(5)).await, 0);
    reached(probed.server.readiness(), Phase::Draining).await;
    assert!(!probed.server.readiness().is_ready());
}
