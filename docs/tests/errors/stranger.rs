//! Somebody who writes HTTP/1.1 by hand.

use micro_runtime::service::Running;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The status and the body of a node's answer.
///
/// `what` is a verb and a path.
pub(crate) async fn ask(node: &Running, what: &str, fields: &[&str], body: &str) -> String {
    let mut socket = TcpStream::connect(node.address().to_string()).await.unwrap();
    let mut head = format!("{what} HTTP/1.1\r\nhost: 127.0.0.1:8080\r\n");
    for field in fields {
        head += &format!("{field}\r\n");
    }
    head += &format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(body.as_bytes()).await.unwrap();
    let answer = until_closed(&mut socket).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.split(' ').nth(1).expect("a head has a status");
    format!("{status} {body}")
}

/// All that is said until the node closes the connection.
pub(crate) async fn until_closed(socket: &mut TcpStream) -> String {
    let mut said = String::new();
    socket.read_to_string(&mut said).await.unwrap();
    said
}
