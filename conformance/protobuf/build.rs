//! Generates protobuf's test messages, where `cargo xtask conformance protobuf` has put their `.proto` files.

use std::path::Path;

fn main() -> Result<(), micro_build::Error> {
    println!("cargo:rerun-if-env-changed=MICRO_PROTOBUF_PROTOS");
    println!("cargo:rustc-check-cfg=cfg(has_protos)");
    let Some(folder) = std::env::var_os("MICRO_PROTOBUF_PROTOS") else {
        println!("cargo:rerun-if-changed=build.rs");
        return Ok(());
    };
    println!("cargo:rustc-cfg=has_protos");
    let folder = Path::new(&folder);
    let protos = ["conformance/conformance.proto", "google/protobuf/test_messages_*.proto"];
    micro_build::compile(protos.map(|proto| folder.join(proto)), [folder])
}
