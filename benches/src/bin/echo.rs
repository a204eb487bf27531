//! One side of a cell, or both on one thread: `echo server PEER`, `echo client PEER ADDRESS …`, `echo both …`.

use std::io::Read;
use std::time::Duration;

use benches::{Peer, READY, measure, micro, tonic};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["server", peer] => deployed(serve(named(peer))),
        ["client", peer, address, payload, in_flight, millis] => {
            let (payload, in_flight, time) = cell(payload, in_flight, millis);
            deployed(report(named(peer), address.to_owned(), payload, in_flight, time));
        }
        ["both", peer, payload, in_flight, millis] => {
            let (payload, in_flight, time) = cell(payload, in_flight, millis);
            single(both(named(peer), payload, in_flight, time));
        }
        _ => panic!("echo server PEER | client PEER ADDRESS BYTES CALLS MILLIS | both PEER BYTES CALLS MILLIS"),
    }
}

fn named(peer: &str) -> Peer {
    Peer::named(peer).expect("a peer: micro or tonic")
}

fn cell(payload: &str, in_flight: &str, millis: &str) -> (usize, usize, Duration) {
    let number = |text: &str| text.parse::<usize>().expect("a number");
    (number(payload), number(in_flight), Duration::from_millis(number(millis) as u64))
}

/// The runtime that `#[tokio::main]` makes: what people deploy.
fn deployed(work: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(work);
}

fn single(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work);
}

/// Serves until its standard input ends.
async fn serve(peer: Peer) {
    let (address, _server): (String, Box<dyn std::any::Any>) = match peer {
        Peer::Micro => {
            let (address, server) = micro::serve().await;
            (address, Box::new(server))
        }
        Peer::Tonic => {
            let (address, server) = tonic::serve().await;
            (address, Box::new(server))
        }
    };
    println!("{READY}{address}");
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let _ = ended.await;
}

async fn report(peer: Peer, address: String, payload: usize, in_flight: usize, time: Duration) {
    println!("{}", measure::call(peer, &address, payload, in_flight, time).await.line());
    // Whoever started this reads how much CPU it used before it ends.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

async fn both(peer: Peer, payload: usize, in_flight: usize, time: Duration) {
    let server = tokio::spawn(async move {
        match peer {
            Peer::Micro => {
                let (address, server) = micro::serve().await;
                (address, Box::new(server) as Box<dyn std::any::Any + Send>)
            }
            Peer::Tonic => {
                let (address, server) = tonic::serve().await;
                (address, Box::new(server) as Box<dyn std::any::Any + Send>)
            }
        }
    });
    let (address, _server) = server.await.expect("a server");
    report(peer, address, payload, in_flight, time).await;
}
