//! The address that a node tells others.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use crate::address::Address;
use crate::registry::Registry;

/// Where a server listens that nobody told where: a free port, of loopback with a registry of this machine, of all
/// interfaces with one of the network.
pub(crate) fn default_listen(registry: &dyn Registry) -> Address {
    Address::host(if registry.is_networked() { "0.0.0.0" } else { "127.0.0.1" }, 0)
}

/// Where others reach a server that listens at `listening`, unless the user says otherwise.
///
/// A server on all interfaces is reached by the address that this machine uses towards others.
pub(crate) fn advertised(listening: Address) -> Address {
    match (listening.is_unspecified(), listening.port()) {
        (true, Some(port)) => Address::host(outward().to_string(), port),
        _ => listening,
    }
}

/// The address of the interface that the default route leaves by; loopback without one.
///
/// Connecting a UDP socket looks the route up and sends nothing.
fn outward() -> IpAddr {
    let looked_up = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        // An address of the documentation range: any that is not on this machine will do.
        socket.connect((Ipv4Addr::new(203, 0, 113, 1), 9))?;
        socket.local_addr()
    });
    looked_up.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unspecified_address_is_replaced() {
        for text in ["127.0.0.1:8080", "greeter.local:1", "[::1]:2", "unix:/tmp/x"] {
            let address: Address = text.parse().unwrap();
            assert_eq!(advertised(address.clone()), address);
        }
        for text in ["0.0.0.0:8080", "[::]:8080", ":8080"] {
            let address = advertised(text.parse().unwrap());
            assert!(!address.is_unspecified());
            assert_eq!(address.port(), Some(8080));
        }
    }
}
