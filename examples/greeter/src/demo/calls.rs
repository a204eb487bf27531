//! Single calls: spread over nodes, cut by a deadline, failed with facts.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use micro_runtime::Code;

use super::cluster::{Cluster, fact};
use super::{Found, Wrong, ensure};
use crate::greeter::v1::{HelloRequest, Tone};

pub(super) fn hello(name: &str) -> HelloRequest {
    HelloRequest { name: name.to_owned(), ..HelloRequest::default() }
}

/// Many calls reach every node.
pub(super) async fn spread(cluster: &Cluster) -> Found {
    const CALLS: usize = 600;
    let began = Instant::now();
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..CALLS {
        let mut request = hello("Ann");
        request.set_tone(Tone::Cheerful);
        let reply = cluster.greeter().hello(request).await?;
        ensure(reply.text == "Hey Ann!", || format!("the greeting is {:?}", reply.text))?;
        *answers.entry(reply.node).or_default() += 1;
    }
    let each = began.elapsed() / 600;
    let shares: Vec<_> = answers.iter().map(|(node, count)| format!("{node} {count}")).collect();
    let fair = |count: &usize| (CALLS / 6..CALLS / 2).contains(count);
    ensure(answers.len() == 3 && answers.values().all(fair), || {
        format!("{CALLS} calls are not spread over 3 nodes: {}", shares.join(", "))
    })?;
    Ok(format!("{CALLS} calls, {each:.0?} each: {}", shares.join(", ")))
}

/// A call that takes too long is given up when its deadline passes.
pub(super) async fn deadline(cluster: &Cluster) -> Found {
    let limit = Duration::from_millis(50);
    let began = Instant::now();
    let slow = HelloRequest { delay_ms: 5_000, ..hello("Ann") };
    let Err(error) = cluster.greeter().hello(slow).timeout(limit).await else {
        return Err(Wrong::new("a call of 5 s ended well within 50 ms"));
    };
    let took = began.elapsed();
    ensure(error.code() == Code::DeadlineExceeded, || error.to_string())?;
    ensure(took < Duration::from_secs(2), || format!("giving up took {took:.1?}"))?;
    Ok(format!("a call of 5 s with a limit of {limit:?} was given up after {took:.0?}"))
}

/// An error says what is wrong, and where it comes from.
pub(super) async fn error(cluster: &Cluster) -> Found {
    let Err(error) = cluster.greeter().hello(hello("")).await else {
        return Err(Wrong::new("nobody was greeted, and that went well"));
    };
    ensure(error.code() == Code::InvalidArgument, || error.to_string())?;
    ensure(error.message().contains("name is empty"), || error.to_string())?;
    ensure(cluster.ids().iter().any(|id| Some(id.as_str()) == error.fact("node")), || {
        format!("the error names no node: {error}")
    })?;
    fact(&error, "address")?;
    Ok(error.to_string())
}
