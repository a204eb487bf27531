//! What others made and tests need: each is installed under target/ on first use.

use std::path::PathBuf;

use crate::{debian, go, python};

/// A peer of another make.
pub(crate) struct Peer {
    /// What the reasons of ignored tests call it: `needs grpcurl`.
    pub(crate) name: &'static str,
    /// Which tests need it: their package, their target, and what their names start with.
    pub(crate) tests: &'static [[&'static str; 3]],
    /// The variable that tells those tests where it is.
    pub(crate) variable: &'static str,
    /// Installs it, if need be, and says where it is.
    pub(crate) install: fn() -> Result<PathBuf, String>,
}

/// All of them.
pub(crate) const PEERS: [Peer; 5] = [
    Peer {
        name: "grpcio",
        tests: &[["conformance", "grpcio", ""]],
        variable: "MICRO_TEST_PYTHON",
        install: || {
            let packages = ["grpcio==1.76.0", "grpcio-tools==1.76.0"];
            Ok(python::programs("python", &packages)?.join("python"))
        },
    },
    Peer {
        name: "grpcurl",
        tests: &[["conformance", "tools", "grpcurl::"]],
        variable: "MICRO_TEST_GRPCURL",
        install: || go::program("github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4"),
    },
    Peer {
        name: "grpc-health-probe",
        tests: &[["conformance", "tools", "probe::"]],
        variable: "MICRO_TEST_HEALTH_PROBE",
        install: || go::program("github.com/grpc-ecosystem/grpc-health-probe@v0.4.61"),
    },
    Peer {
        name: "buf",
        tests: &[
            ["conformance", "tools", "buf::"],
            ["protoc-gen-micro-rs", "generator", "compilers::buf_"],
            ["guide", "projects", "buf::"],
        ],
        variable: "MICRO_TEST_BUF",
        install: || Ok(python::programs("buf", &["buf-bin==1.75.0"])?.join("buf")),
    },
    Peer {
        name: "protoc",
        tests: &[["protoc-gen-micro-rs", "generator", "compilers::protoc_"]],
        variable: "MICRO_TEST_PROTOC",
        install: || {
            let libraries = ["libprotobuf-dev", "libprotobuf32", "libprotoc32"];
            debian::program("protoc", &[&["protobuf-compiler"], &libraries[..]].concat())
        },
    },
];
