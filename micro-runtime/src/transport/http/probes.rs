//! Probes by plain HTTP: `/livez` says whether the process lives, `/readyz` whether it should be called.

use bytes::Bytes;

use super::exchange::{Body, Fields, Pending, Request, Response};
use super::protocol::{Protocol, Served};
use crate::health::Readiness;

const LIVE: &str = "/livez";
const READY: &str = "/readyz";

/// Answers probes, where the server's health is to be told.
#[derive(Debug)]
pub(super) struct Probes(Option<Readiness>);

impl Probes {
    pub(super) fn new(readiness: Option<&Readiness>) -> Self {
        Self(readiness.cloned())
    }
}

impl Protocol for Probes {
    fn accepts(&self, request: &Request) -> bool {
        let is_read = matches!(request.method, http::Method::GET | http::Method::HEAD);
        self.0.is_some() && is_read && matches!(request.path.path(), LIVE | READY)
    }

    fn serve(&self, request: Request, _: &Served) -> Pending {
        let reasons = match &self.0 {
            Some(readiness) if request.path.path() == READY => readiness.reasons(),
            _ => Vec::new(),
        };
        Pending::Ready(answer(&request.method, &reasons))
    }
}

fn answer(method: &http::Method, reasons: &[String]) -> Response {
    let (status, text) = if reasons.is_empty() {
        (http::StatusCode::OK, "ok".to_owned())
    } else {
        (http::StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n") + "\n")
    };
    let mut fields = Fields::with_capacity(2);
    fields.push_static("content-type", "text/plain; charset=utf-8");
    fields.push_static("cache-control", "no-store");
    let is_head = method == http::Method::HEAD;
    let body = if is_head { Body::empty() } else { Body::full(Bytes::from(text), None) };
    Response::new(status, fields, body)
}
