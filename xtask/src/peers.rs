//! What others made and tests need: each is installed under target/ on first use.

use std::path::PathBuf;

use crate::{go, python};

/// A peer of another make.
pub(crate) struct Peer {
    /// What the reasons of ignored tests call it: `needs grpcurl`.
    pub(crate) name: &'static str,
    /// Which tests of the crate `conformance` need it: their target, and what their names start with.
    pub(crate) tests: [&'static str; 2],
    /// The variable that tells those tests where it is.
    pub(crate) variable: &'static str,
    /// Installs it, if need be, and says where it is.
    pub(crate) install: fn() -> Result<PathBuf, String>,
}

/// All of them.
pub(crate) const PEERS: [Peer; 4] = [
    Peer {
        name: "grpcio",
        tests: ["grpcio", ""],
        variable: "MICRO_TEST_PYTHON",
        install: || {
            let packages = ["grpcio==1.76.0", "grpcio-tools==1.76.0"];
            Ok(python::programs("python", &packages)?.join("python"))
        },
    },
    Peer {
        name: "grpcurl",
        tests: ["tools", "grpcurl::"],
        variable: "MICRO_TEST_GRPCURL",
        install: || go::program("github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4"),
    },
    Peer {
        name: "grpc-health-probe",
        tests: ["tools", "probe::"],
        variable: "MICRO_TEST_HEALTH_PROBE",
        install: || go::program("github.com/grpc-ecosystem/grpc-health-probe@v0.4.61"),
    },
    Peer {
        name: "buf",
        tests: ["tools", "buf::"],
        variable: "MICRO_TEST_BUF",
        install: || Ok(python::programs("buf", &["buf-bin==1.75.0"])?.join("buf")),
    },
];
