//! `grpc.health.v1.Health`: what gRPC's own probes and load balancers ask.
//!
//! Source of the rules: gRPC's `health-checking.md`.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::watch;

use super::{Readiness, State};
use crate::context::Context;
use crate::dispatch::Dispatch;
use crate::error::{Error, Result};
use crate::generated::grpc::health::v1::{
    HealthCheckRequest, HealthCheckResponse, HealthHandler, HealthListRequest, HealthListResponse,
    HealthServer, health_check_response::ServingStatus,
};
use crate::streaming::Streaming;

/// The service that answers for a server and the services that it serves.
pub(crate) fn prober(readiness: &Readiness, services: &[&'static str]) -> Arc<dyn Dispatch> {
    let (readiness, services) = (readiness.clone(), services.to_vec());
    Arc::new(HealthServer::new(Prober { readiness, services }))
}

#[derive(Debug)]
struct Prober {
    readiness: Readiness,
    services: Vec<&'static str>,
}

impl Prober {
    /// Whether the name is one of a service here; the empty one is the whole server's.
    fn knows(&self, service: &str) -> bool {
        service.is_empty() || self.services.contains(&service)
    }

    fn status(&self) -> HealthCheckResponse {
        response(status(&self.readiness.0.borrow()))
    }
}

impl HealthHandler for Prober {
    async fn check(&self, _: Context, request: HealthCheckRequest) -> Result<HealthCheckResponse> {
        if self.knows(&request.service) {
            return Ok(self.status());
        }
        let (asked, known) = (request.service, self.services.join(", "));
        Err(Error::not_found(format!(
            "no service {asked:?} here; ask for one of: {known}; or for \"\", the whole server"
        )))
    }

    async fn list(&self, _: Context, _: HealthListRequest) -> Result<HealthListResponse> {
        let names = self.services.iter().copied().chain([""]);
        let statuses = names.map(|name| (name.to_owned(), self.status()));
        Ok(HealthListResponse { statuses: statuses.collect::<HashMap<_, _>>() })
    }

    async fn watch(
        &self,
        _: Context,
        request: HealthCheckRequest,
    ) -> Result<Streaming<HealthCheckResponse>> {
        let watcher = Watcher {
            is_known: self.knows(&request.service),
            states: self.readiness.watch(),
            _readiness: self.readiness.clone(),
            told: None,
        };
        Ok(Streaming::unfold(watcher, Watcher::next))
    }
}

fn status(state: &State) -> ServingStatus {
    if state.is_ready() { ServingStatus::Serving } else { ServingStatus::NotServing }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

/// One call of `Watch`.
struct Watcher {
    is_known: bool,
    states: watch::Receiver<State>,
    /// Keeps the other end of `states`.
    _readiness: Readiness,
    told: Option<ServingStatus>,
}

impl Watcher {
    /// Waits for the next status that differs from the last one.
    ///
    /// The call ends with the server only: once it drains, a watcher that stayed would hold it up.
    async fn next(mut self) -> Result<Option<(HealthCheckResponse, Self)>> {
        loop {
            let (status, is_draining) = self.look();
            if self.told != Some(status) {
                self.told = Some(status);
                return Ok(Some((response(status), self)));
            }
            if is_draining || self.states.changed().await.is_err() {
                return Err(Error::unavailable("this server is stopping: watch another node"));
            }
        }
    }

    fn look(&mut self) -> (ServingStatus, bool) {
        let state = self.states.borrow_and_update();
        let status = if self.is_known { status(&state) } else { ServingStatus::ServiceUnknown };
        (status, state.is_draining())
    }
}
