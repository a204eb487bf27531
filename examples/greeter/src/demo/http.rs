//! A node as programs see it that know nothing of micro: plain JSON and probes, over HTTP/1.1 by hand.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::cluster::Cluster;
use super::{Found, Wrong, ensure};

/// What an answer may take, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// A call as `curl` sends it, and the same one as a link.
pub(super) async fn curl(cluster: &Cluster) -> Found {
    let address = cluster.address(0)?;
    let posted = send(&address, "POST", "/greeter.v1.Greeter/Hello", r#"{"name":"Ann"}"#).await?;
    ensure(posted.starts_with("200 ") && posted.contains("\"Hello, Ann.\""), || posted.clone())?;
    let link = "/greeter.v1.Greeter/Hello?encoding=json&message=%7B%22name%22%3A%22Bob%22%7D";
    let got = send(&address, "GET", link, "").await?;
    ensure(got.starts_with("200 ") && got.contains("\"Hello, Bob.\""), || got.clone())?;
    let wrong =
        send(&address, "POST", "/greeter.v1.Greeter/Hello", r#"{"delayMs":"soon"}"#).await?;
    ensure(wrong.starts_with("400 ") && wrong.contains("delayMs"), || wrong.clone())?;
    Ok(format!("POST {{\"name\":\"Ann\"}}: {posted}; a GET: {got}; a mistake: {wrong}"))
}

/// A node that is told to stop says so to whoever probes it, and still answers calls.
pub(super) async fn health(cluster: &mut Cluster) -> Found {
    cluster.start(1).await?;
    let last = cluster.ids().len() - 1;
    let address = cluster.address(last)?;
    let before = send(&address, "GET", "/readyz", "").await?;
    ensure(before == "200 ok", || before.clone())?;
    cluster.tell_to_stop(last);
    let leaving = async {
        loop {
            let probed = send(&address, "GET", "/readyz", "").await?;
            if probed != before {
                return Ok::<_, Wrong>(probed);
            }
        }
    };
    let leaving = tokio::time::timeout(PATIENCE, leaving).await;
    let leaving = leaving.map_err(|_| Wrong::new("a node that stops stays ready"))??;
    ensure(leaving.starts_with("503 ") && leaving.contains("leaving"), || leaving.clone())?;
    let answer = send(&address, "POST", "/greeter.v1.Greeter/Hello", r#"{"name":"Ann"}"#).await?;
    ensure(answer.starts_with("200 "), || answer.clone())?;
    let stopped = cluster.stop(last).await?;
    Ok(format!("{stopped}: /readyz says {before:?}, told to stop {leaving:?}, and still answers"))
}

/// Sends a request on a connection of its own; the answer's status and body.
async fn send(address: &str, method: &str, path: &str, body: &str) -> Result<String, Wrong> {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let exchange = async {
        let mut socket = TcpStream::connect(address).await?;
        socket.write_all(request.as_bytes()).await?;
        let mut response = String::new();
        socket.read_to_string(&mut response).await?;
        Ok::<_, std::io::Error>(response)
    };
    let response = tokio::time::timeout(PATIENCE, exchange).await;
    let response = response.map_err(|_| Wrong::new(format!("no answer to {method} {path}")))??;
    let status = response.split(' ').nth(1).unwrap_or_default();
    let (_, body) = response.split_once("\r\n\r\n").unwrap_or_default();
    Ok(format!("{status} {}", body.trim_end()))
}
