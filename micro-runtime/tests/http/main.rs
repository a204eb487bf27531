//! A server's port as strangers find it: HTTP/1.1 and HTTP/2, and plain JSON on both.

#[path = "../shared/pipes.rs"]
mod pipes;

mod calls;
mod drain;
mod http1;
mod refusals;
mod shop;
mod stranger;
